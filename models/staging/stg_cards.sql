{# One row per card and batch: the accepted record. #}

select
    {{ columns_of('cards') }},
    {{ place_columns() }}
from {{ ref('landed_cards') }}
where outcome = 'staged'
