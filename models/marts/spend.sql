{# One row per transaction that moved money, counted once: no DECLINE, and no AUTHORIZATION that another points back #}
{# to (R28).                                                                                                         #}

{{ config(materialized='view') }}

{{ counted_once(ref('transactions')) }}
