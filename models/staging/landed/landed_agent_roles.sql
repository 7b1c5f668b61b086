{# One row per element of the role_ids of a landed record, with the batch that lists it. #}

{{ landed_elements('agent_details', ref('base_agent_roles'), ['agent_id', 'role_id']) }}
