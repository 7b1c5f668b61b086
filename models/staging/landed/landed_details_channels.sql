{# One row per element of the availability of a landed record, with the batch that lists it. #}

{{ landed_elements('agent_details', ref('base_details_channels'), channel_columns()) }}
