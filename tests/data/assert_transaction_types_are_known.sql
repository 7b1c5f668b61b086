{# Warns of a type of transactions that no rule knows: it counts as other, which is not spend. A type that settles #}
{# belongs in the variable settling_types.                                                                         #}

{{ config(severity='warn') }}

select
    transaction_type,
    count(*) as transactions,
    min(transaction_id) as one_of_them
from {{ ref('transactions') }}
where transaction_type not in ('AUTHORIZATION', 'DECLINE', 'OTHER')
    and transaction_type not in {{ settling_types() }}
group by transaction_type
