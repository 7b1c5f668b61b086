{# One row per element of the channel_availability of a landed record, with the batch that lists it. #}

{{ landed_elements('agent_availability', ref('base_availability_channels'), channel_columns()) }}
