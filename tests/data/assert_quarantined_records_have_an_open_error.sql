{# Fails when a record was quarantined and no open error says why: it would be lost without a word (R9). #}

with

quarantined as (

    {% for base, errors in [
        ('base_agents', 'agent_pipeline_errors'),
        ('base_agent_details', 'agent_pipeline_errors'),
        ('base_groups', 'group_pipeline_errors'),
        ('base_roles', 'role_pipeline_errors'),
        ('base_budgets', 'budget_pipeline_errors'),
        ('base_cards', 'card_pipeline_errors'),
        ('base_transactions', 'transaction_pipeline_errors'),
    ] -%}
    select
        '{{ base }}' as base,
        '{{ errors }}' as errors,
        files.file,
        records.position
    from {{ ref(base) }} as records
    inner join {{ ref('base_files') }} as files
        on records.file_id = files.file_id
    left join {{ ref(errors) }} as errors
        on files.file = errors.file
        and records.position = errors.position
        and errors.severity = 'error'
        and errors.resolved_at is null
    where records.findings is not null
        and records.outcome = 'quarantined'
        and errors.error_id is null
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select * from quarantined
