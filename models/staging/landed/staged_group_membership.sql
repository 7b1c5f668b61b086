{# One row per group, batch and element of its list that can be read, known agent or not. #}

{{ staged_elements('admin_groups', ref('base_group_membership'), ['group_id', 'agent_id']) }}
