{# What several marts need. #}


{# The newest day of the feed, of any entity: the day that ages are counted to. #}
{% macro newest_sync_date() -%}
    (select max(sync_date) from {{ ref('base_files') }})
{%- endmacro %}


{# The reasons that hold, in the order given, as text; null when none does. #}
{% macro reasons(conditions) -%}
    nullif(concat_ws(', ',
        {%- for name, condition in conditions.items() %}
        case when {{ condition }} then '{{ name }}' end{{ ',' if not loop.last }}
        {%- endfor %}
    ), '')
{%- endmacro %}


{# The codes in a column, comma-separated, translated by the rows of a kind in the seed plain_words. #}
{% macro in_words(codes, kind) -%}
    (
        select string_agg(coalesce(plain.words, replace(said.code, '_', ' ')), ', ' order by said.place)
        from unnest(string_to_array({{ codes }}, ', ')) with ordinality as said (code, place)
        left join {{ ref('plain_words') }} as plain
            on plain.kind = '{{ kind }}' and said.code = plain.code
    )
{%- endmacro %}


{# The rows of agent_status_history from a day on, each with the agent's values on the history's day before. An agent #}
{# without a row on that day is new, except on the history's first day.                                               #}
{% macro statuses_with_those_before(first_changed_on) -%}
    select
        agent_id,
        sync_date,
        is_active,
        is_deactivated,
        is_listed,
        lag(is_active) over in_time as was_active,
        lag(is_deactivated) over in_time as was_deactivated,
        lag(is_listed) over in_time as was_listed,
        lag(sync_date) over in_time is null
            and sync_date > (select min(sync_date) from {{ ref('agent_status_history') }}) as is_new
    from {{ ref('agent_status_history') }}
    where {{ in_increments('sync_date >= coalesce((select max(sync_date) from ' ~ ref('agent_status_history')
        ~ ' where sync_date < ' ~ first_changed_on ~ '), ' ~ first_changed_on ~ ')') }}
    window in_time as (partition by agent_id order by sync_date)
{%- endmacro %}


{# Whether a row of a history or of role_audit was so on a day: {{ as_of("date '2026-01-31'") }}. In psql the same #}
{# is said by daterange(from_date, to_date) @> date '2026-01-31'.                                                  #}
{% macro as_of(day, from='from_date', to='to_date') -%}
    ({{ from }} <= {{ day }} and ({{ to }} is null or {{ to }} > {{ day }}))
{%- endmacro %}
