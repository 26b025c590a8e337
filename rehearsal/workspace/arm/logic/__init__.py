"""Microsoft.Logic: workflows that an HTTP request starts and that really call what their actions say."""
