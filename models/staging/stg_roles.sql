{# One row per role and batch: the accepted record. #}

select
    {{ columns_of('roles') }},
    {{ place_columns() }}
from {{ ref('landed_roles') }}
where outcome = 'staged'
