/** What is put in every place that shows a text of the feed or the database: none of it may run or break the page. */
export const HOSTILE = `</script><script>window.broken = 1</script><img src=x onerror="window.broken = 2"> & "quoted" \u2028 {{ 1 }}`
