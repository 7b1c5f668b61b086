{# Fails when a file's records are not all staged, quarantined or duplicates (R7). #}

select *
from {{ ref('file_accounting') }}
where records <> staged + quarantined + duplicates
