{# One row per element of the role_ids of a landed record of the agents list, with the batch that lists it. #}

{{ landed_elements('agents', ref('base_listed_roles'), ['agent_id', 'role_id']) }}
