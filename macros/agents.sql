{# The fields that the agents list and agent_details share: either may fill what the other lacks. #}
{% macro agent_fields() -%}
    {{ return([
        ['agent_id',           'id',          'id', 'required'],
        ['name',               'text',        'contact.name'],
        ['email',              'text',        'contact.email'],
        ['job_title',          'text',        'contact.job_title'],
        ['language',           'text',        'contact.language'],
        ['time_zone',          'text',        'contact.time_zone'],
        ['phone',              'text',        'contact.phone'],
        ['mobile',             'text',        'contact.mobile'],
        ['agent_type',         'text',        'type'],
        ['is_available',       'boolean',     'available'],
        ['available_since',    'timestamptz', 'available_since'],
        ['operational_status', 'text',        'agent_operational_status'],
        ['is_occasional',      'boolean',     'occasional'],
        ['is_focus_mode',      'boolean',     'focus_mode'],
        ['is_deactivated',     'boolean',     'deactivated'],
        ['created_at',         'timestamptz', 'created_at'],
        ['updated_at',         'timestamptz', 'updated_at'],
        ['last_active_at',     'timestamptz', 'last_active_at'],
        ['org_agent_id',       'text',        'org_agent_id'],
        ['ticket_scope',       'integer',     'ticket_scope'],
        ['signature',          'signature',   'signature'],
        ['avatar',             'object',      'contact.avatar'],
        ['last_login_at',      'timestamptz', 'contact.last_login_at'],
        ['is_freshchat_agent', 'boolean',     'freshchat_agent'],
        ['skill_ids',          'array',       'skill_ids'],
    ]) }}
{%- endmacro %}


{# Whether a signature is nothing but markup and blanks: the match ends at the first character that says something. #}
{% macro is_blank_signature(signature) -%}
    {{ signature }} ~ '^(?:<[^>]*>|&nbsp;|&#160;|&#xa0;|\u00a0|[[:space:]])*$'
{%- endmacro %}


{# Whether the record of one feed comes before that of the other by R4: the later batch, in one batch the newer updated_at. #}
{# At a tie `preferred` does. Null where there is only one of them.                                                        #}
{% macro is_first(preferred, other) -%}
    ({{ preferred }}.batch_order, coalesce({{ preferred }}.updated_at, '-infinity'))
        >= ({{ other }}.batch_order, coalesce({{ other }}.updated_at, '-infinity'))
{%- endmacro %}


{# A value of an agent, field by field: of the record that is current by R4 first, else of the other. At a tie `preferred` is first. #}
{% macro first_of(column, preferred, other) -%}
    case
        when {{ is_first(preferred, other) }} then coalesce({{ preferred }}.{{ column }}, {{ other }}.{{ column }})
        else coalesce({{ other }}.{{ column }}, {{ preferred }}.{{ column }})
    end
{%- endmacro %}
