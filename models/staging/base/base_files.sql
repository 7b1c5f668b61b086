{# One row per file of the ledger, with its batch, and a text that sorts the files of a batch. #}

{{ config(materialized='view') }}

with

files as (

    select * from {{ source('ops', 'files') }}

),

batches as (

    select * from {{ ref('base_batch_dates') }}

),

ordered as (

    select
        files.file_id,
        files.path as file,
        files.entity,
        files.batch as source,
        batches.sync_date,
        batches.batch_order,
        files.sha256,
        files.status,
        files.reason,
        files.raw_text,
        files.records,
        files.foreign_records,
        files.shortfall,
        files.has_next_page,
        files.natural_order as file_order

    from files

    inner join batches
        on files.batch = batches.source

)

select * from ordered
