{# One row per budget and batch: the accepted record. #}

select
    {{ columns_of('budgets') }},
    {{ place_columns() }}
from {{ ref('landed_budgets') }}
where outcome = 'staged'
