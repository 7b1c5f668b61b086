/** Inserted wherever a text of the feed or the database is shown: it must neither run nor break the page. */
export const HOSTILE = `</script><script>window.broken = 1</script><img src=x onerror="window.broken = 2"> & "quoted" \u2028 {{ 1 }}`
