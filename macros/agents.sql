{# The feeds that list roles, each with the relation of their elements. #}
{% macro role_feeds() -%}
    {{ return([('agent_details', 'agent_roles'), ('agents', 'listed_roles')]) }}
{%- endmacro %}


{# Whether a signature is nothing but markup and blanks: the match ends at the first character that says something. #}
{% macro is_blank_signature(signature) -%}
    {{ signature }} ~ '^(?:<[^>]*>|&nbsp;|&#160;|&#xa0;|\u00a0|[[:space:]])*$'
{%- endmacro %}


{# Whether the record of one feed precedes that of the other by R4: the later batch first, within a batch the newer #}
{# updated_at, at a tie `preferred`. Null where only one of the records exists.                                     #}
{% macro is_first(preferred, other) -%}
    ({{ preferred }}.batch_order, coalesce({{ preferred }}.updated_at, '-infinity'))
        >= ({{ other }}.batch_order, coalesce({{ other }}.updated_at, '-infinity'))
{%- endmacro %}


{# A value of an agent: from the record that is current by R4, or from the other one where it is null. At a tie #}
{# `preferred` comes first.                                                                                     #}
{% macro first_of(column, preferred, other) -%}
    case
        when {{ is_first(preferred, other) }} then coalesce({{ preferred }}.{{ column }}, {{ other }}.{{ column }})
        else coalesce({{ other }}.{{ column }}, {{ preferred }}.{{ column }})
    end
{%- endmacro %}
