{# One row per channel of the channel_availability of an accepted record: the last row of the channel. #}

{{ staged_elements('agent_availability', ref('base_availability_channels'), channel_columns()) }}
