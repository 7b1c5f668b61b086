{# One row per role that no batch contains, and accepted record of the agents list that names it, in any batch. #}

{{ unknown_elements(
    ref('base_listed_roles'),
    ref('landed_listed_roles'),
    'role_id',
    known=ref('current_roles')
) }}
