{# One row per landed record of cards: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('cards') }}
