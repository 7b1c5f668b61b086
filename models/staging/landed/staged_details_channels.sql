{# One row per channel of the availability of an accepted record: the last row of the channel. #}

{{ staged_elements('agent_details', ref('base_details_channels'), channel_columns()) }}
