{# One row per role and batch: the accepted record. #}

select
    {{ columns_of('roles') }},
    {{ place_columns() }}
from {{ ref('base_roles') }}
where outcome = 'staged'
