{# How transactions refer to one another (R31): as a part, or as the authorization that one settles. #}


{# The references of a transaction: the relation, and the column that names the other one by its id or its uuid. #}
{% macro references_of_transactions() -%}
    {{ return([
        ('parent', 'id', 'parent_transaction_id'),
        ('parent', 'uuid', 'parent_transaction_uuid'),
        ('authorization', 'id', 'original_auth_transaction_id'),
        ('authorization', 'uuid', 'original_auth_transaction_uuid'),
        ('clear', 'id', 'matched_clear_transaction_id'),
        ('clear', 'uuid', 'matched_clear_transaction_uuid'),
    ]) }}
{%- endmacro %}

{# The lists of a transaction's parts. #}
{% macro lists_of_parts() -%}
    {{ return([('id', 'child_transaction_ids'), ('uuid', 'child_transaction_uuids')]) }}
{%- endmacro %}


{# Whether a list of parts has an element that is neither null, blank, nor an id. #}
{% macro has_unreadable_part(list) -%}
    {{ list }} <> '[]' and exists (
        select from jsonb_array_elements({{ list }}) as part (element)
        where {{ is_said('element') }} and {{ short_text('element') }} is null
    )
{%- endmacro %}

{# Whether an element of a list has a value: null and blank have none. #}
{% macro is_said(element) -%}
    ({{ element }} <> 'null' and btrim({{ element }} #>> '{}', {{ white_space() }}) <> '')
{%- endmacro %}


{# The transactions whose references an increment looks up again: those that changed, and those that refer or      #}
{# referred to one that did. A state that is current again, as the batch of the newer one changed, is found by its #}
{# own batch.                                                                                                      #}
{% macro relinked_transactions() -%}
    {%- set changed = changed_batches('transactions') -%}
    {%- set states -%}
    select transaction_id, transaction_uuid from {{ ref('current_transactions') }}
    where source in ({{ changed }})
        or source in ({{ listed(touched('returned_states')) }})
    {%- endset -%}
    select transaction_id from ({{ states }}) as states
    union
    select transaction_id from {{ this }}
    where source in ({{ changed }}) or linked_source in ({{ changed }})
    union
    select links.transaction_id
    from ({{ states }}) as states
    inner join {{ this }} as links
        on states.transaction_id = links.linked_id
    {%- for by in ['id', 'uuid'] %}
    union
    select links.transaction_id
    from ({{ states }}) as states
    inner join {{ this }} as links
        on states.transaction_{{ by }} = links.value
    {%- endfor %}
{%- endmacro %}
