{# One row per landed record with a key that more records of its batch have. The base models rank these alone (R4, R17). #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['(source, entity) in (select source, entity from ' ~ ref('base_batches') ~ ' where changed_in > ' ~ last_built() ~ ')'],
) }}

with

{# Keys of one entity and batch that mean the same have one hash ("007" and 7). That others may share it does no harm: they are ranked too. #}
keys as (

    {% for entity in entities() -%}
    select
        landed.file_id,
        landed.position,
        landed.source,
        '{{ entity }}' as entity,
        hashtextextended(
            ltrim(btrim(landed.body ->> 'id', {{ white_space() }}), '0'),
            hashtextextended(landed.source, {{ loop.index }})
        ) as key_hash
    from (
        {{ landed_records(entity) }}
    ) as landed
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

repeated as (

    select key_hash
    from keys
    where key_hash is not null
    group by key_hash
    having count(*) > 1

)

select
    keys.file_id,
    keys.position,
    keys.source,
    keys.entity

from keys

inner join repeated
    on keys.key_hash = repeated.key_hash
