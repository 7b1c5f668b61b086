{# One row per element of the agent_ids of a landed record, with the batch that lists it. #}

{{ landed_elements('admin_groups', ref('base_group_membership'), ['group_id', 'agent_id']) }}
