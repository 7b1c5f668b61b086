{# One row per budget that no batch contains and a current card or transaction names: its values in the newest of the #}
{# transactions (R19).                                                                                                #}

{{ config(materialized='table') }}

with

{{ newest_of_unknown('budget_id', ref('current_budgets'), ref('current_cards')) }}

select
    unknown.budget_id,
    newest.budget_name as name

from unknown

left join newest
    on unknown.budget_id = newest.budget_id
