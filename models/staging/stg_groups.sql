{# One row per group and batch: the accepted record. #}

select
    {{ columns_of('admin_groups') }},
    {{ place_columns() }}
from {{ ref('landed_admin_groups') }}
where outcome = 'staged'
