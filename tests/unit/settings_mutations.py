"""Wrong settings, each with the one thing that is said of it. A row is a change to one of the project's own files."""

from __future__ import annotations

from dataclasses import dataclass

from environments.settings import load_model, model_names

MODEL = "models/flight_delay"
WAREHOUSE_SIZES = "one of '2X-Small', 'X-Small', 'Small', 'Medium' or 'Large'"
NETWORK = "a range of IPv4 addresses such as 10.0.0.0/16, without host bits"
NAME = "1 to 63 lower-case letters, digits and _, a letter first"
REQUIRED = "this key, which is required"
LABEL_COLUMNS = (
    "a column of the label table: flight_id, scheduled_departure, carrier, flight, tailnum, origin, dest, distance, "
    "sched_dep_time, sched_arr_time, dep_delay, arr_delay, air_time"
)
FEATURES = (
    "one of the features: carrier, origin, dest, distance, sched_dep_hour, day_of_week, month, temp, wind_speed, "
    "precip, visib, pressure, humid, route_late_rate, route_mean_delay, route_flights, plane_year, plane_seats, "
    "feels_like"
)
LOOKED_UP = FEATURES.removesuffix(", feels_like")
PREDICTED_COLUMNS = "  columns:\n    flight_id: {type: string, nullable: false}\n    scheduled_departure"
METRICS = "one of the metrics: roc_auc, average_precision, log_loss, brier, alarm_cost"
LOG = (
    "a column of the inference log (flight_id, scheduled_departure, probability_late, predicted_late, model_version, "
    "scored_at, source, late)"
)

RETRAINING = [
    f"{name}.{alert}"
    for name in model_names()
    for alert, settings in load_model(name).monitoring.alerts.items()
    if settings.retrain
]


@dataclass(frozen=True)
class Mutation:
    """Replace `old` by `new` in a file; then `key`, on the line that says `at`, is told with `found` and `expected`."""

    file: str
    old: str
    new: str
    at: str
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key or 'the file'}: {self.found}"


YAML = [
    Mutation("dev", "catalog: dev", "catalog: dev\ncatalog: dev2", "catalog: dev2", "catalog",
             "the key again, first on line 20", "it once"),
    Mutation("dev", "tags:", "tags: &t\n  again: *t", "again: *t", "tags.again",
             "an alias of a mapping or list around it", "values without cycles"),
    Mutation("staging", "[mlops@example.com]", "[mlops@example.com", "tags:", "",
             "a YAML error, did not find expected ',' or ']'", "valid YAML"),
    Mutation("prod", "  address_space:", "\taddress_space:", "\taddress_space", "",
             "a YAML error, found character that cannot start any token", "valid YAML"),
    Mutation("account", "profile: account", "profile: !!python/name:os.system x", "!!python", "",
             "a YAML error, could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'",
             "valid YAML"),
]  # fmt: skip

ACCOUNT = [
    Mutation("account", "profile: account\n", "", "metastore_id", "profile", "nothing", REQUIRED),
    Mutation("account", "metastore_id: 00000000-", "metastore_id: 0-", "metastore_id", "metastore_id",
             "'0-0000-0000-0000-000000000000'", "a UUID in lower-case digits"),
    Mutation("account", "profile: account", "profil: account", "profil: account", "profil",
             "an unknown key", "profile (did you mean it?)"),
    Mutation("dev", "profile: dev", "profile: account", "profile: account", "profile",
             "'account'", "another than that of account.yaml"),
]  # fmt: skip

STATE = [
    Mutation("account", "backend: azurerm", "backend: s3", "backend: s3", "state.backend",
             "'s3'", "one of 'azurerm', 'local'"),
    Mutation("dev", "  backend: azurerm\n", "", "state:", "state.backend", "nothing", REQUIRED),
    Mutation("dev", "container: dev", "container: dev--state", "container:", "state.container",
             "'dev--state'", "3 to 63 lower-case letters, digits and single hyphens"),
    Mutation("dev", "container: dev", "blob: dev\n  container: dev", "blob:", "state.blob",
             "an unknown key", "one of backend, resource_group, storage_account, container"),
    Mutation("account", "  resource_group: rg-understudy-state\n", "", "state:", "state.resource_group",
             "nothing", REQUIRED),
    Mutation("prod", "storage_account: understudystate", "storage_account: understudyprod",
             "storage_account: understudyprod\n  container", "state.storage_account", "'understudyprod'",
             "another account than azure.storage_account, which the state describes"),
    Mutation("dev", "state:\n  backend: azurerm\n  resource_group: rg-understudy-state\n"
             "  storage_account: understudystate\n  container: dev\n", "state: local\n", "state:", "state",
             "'local'", "a mapping"),
]  # fmt: skip

AZURE = [
    Mutation("dev", "subscription_id: 00000000-0000-0000-0000-000000000001", "subscription_id: mine",
             "subscription_id", "azure.subscription_id", "'mine'", "a UUID in lower-case digits"),
    Mutation("prod", "tenant_id: 00000000-", "tenant_id: 10000000-", "tenant_id", "azure.tenant_id",
             "'10000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000000', as dev.yaml says"),
    Mutation("prod", "location: westeurope", "location: West Europe", "location", "azure.location",
             "'West Europe'", "an Azure region such as westeurope"),
    Mutation("staging", "location: westeurope", "location: northeurope", "location", "azure.location",
             "'northeurope'", "'westeurope', as dev.yaml says"),
    Mutation("dev", "storage_account: understudydev", "storage_account: understudy-dev", "storage_account",
             "azure.storage_account", "'understudy-dev'", "3 to 24 lower-case letters and digits"),
    Mutation("prod", "storage_account: understudyprod", "storage_account: understudystaging", "storage_account",
             "azure.storage_account", "'understudystaging'", "another than that of staging.yaml"),
    Mutation("dev", "key_vault: kv-understudy-dev", "key_vault: kv--understudy", "key_vault", "azure.key_vault",
             "'kv--understudy'", "3 to 24 lower-case letters, digits and single hyphens, a letter first"),
    Mutation("staging", "key_vault: kv-understudy-staging", "key_vault: kv-understudy-dev", "key_vault",
             "azure.key_vault", "'kv-understudy-dev'", "another than that of dev.yaml"),
    Mutation("prod", "public_workspace_access: true", "public_workspace_access: 'no'", "public_workspace_access",
             "azure.public_workspace_access", "'no'", "true or false"),
    Mutation("prod", "public_workspace_access: true", "public_workspace_access: false", "public_workspace_access",
             "azure.public_workspace_access",
             f"false with alerts that retrain ({', '.join(RETRAINING)})",
             "true, or retrain: false in all alerts"),
    Mutation("prod", "log_retention_days: 365", "log_retention_days: 1000", "log_retention_days",
             "azure.log_retention_days", "1000 (int)", "a number of at most 730"),
    Mutation("dev", "  log_retention_days: 30\n", "", "azure:", "azure.log_retention_days", "nothing", REQUIRED),
]  # fmt: skip

ADDRESSES = [
    Mutation("dev", "public_subnet: 10.20.0.0/20", "public_subnet: 10.20.0.1/20", "public_subnet",
             "azure.network.public_subnet", "'10.20.0.1/20'", NETWORK),
    Mutation("dev", "address_space: 10.20.0.0/16", "address_space: 10.20.0.0/99", "address_space",
             "azure.network.address_space", "'10.20.0.0/99'", NETWORK),
    Mutation("dev", "address_space: 10.20.0.0/16", "address_space: 10.20", "address_space",
             "azure.network.address_space", "10.2 (float)", NETWORK),
    Mutation("staging", "private_subnet: 10.21.16.0/20", "private_subnet: 10.99.16.0/20", "private_subnet",
             "azure.network.private_subnet", "10.99.16.0/20", "a part of the address space 10.21.0.0/16"),
    Mutation("staging", "private_subnet: 10.21.16.0/20", "private_subnet: 10.21.8.0/21", "private_subnet",
             "azure.network.private_subnet", "10.21.8.0/21",
             "addresses that public_subnet (10.21.0.0/20) does not have"),
    Mutation("prod", "public_subnet: 10.22.0.0/20", "public_subnet: 10.22.0.0/27", "public_subnet",
             "azure.network.public_subnet", "10.22.0.0/27", "/26 or larger"),
    Mutation("prod", "endpoints_subnet: 10.22.32.0/26", "endpoints_subnet: 10.22.32.0/30", "endpoints_subnet",
             "azure.network.endpoints_subnet", "10.22.32.0/30", "/29 or larger"),
    Mutation("prod", "10.22.", "10.21.", "address_space", "azure.network.address_space",
             "10.21.0.0/16", "addresses that staging.yaml (10.21.0.0/16) does not have"),
]  # fmt: skip

ENVIRONMENT = [
    Mutation("staging", "name: staging", "name: prod", "name: prod", "name", "'prod'", "the file's own name, staging"),
    Mutation("staging", "\ncatalog: staging", "\ncatalogue: staging", "catalogue", "catalogue",
             "an unknown key", "catalog (did you mean it?)"),
    Mutation("staging", "\ncatalog: staging", "\ncatalog: dev", "catalog: dev", "catalog",
             "'dev'", "another than that of dev.yaml"),
    Mutation("prod", "\ncatalog: prod", "\ncatalog: 9-lives", "catalog:", "catalog", "'9-lives'", NAME),
    Mutation("prod", "\ncatalog: prod", "\ncatalog: system", "catalog:", "catalog",
             "'system'", "a name that Databricks does not use itself"),
    Mutation("staging", "profile: staging", "profile: no", "profile: no", "profile",
             "the boolean false (text needs quotes)", "text"),
    Mutation("prod", "ml_engineers: ml-engineers", "ml_engineers: data-scientists", "ml_engineers",
             "groups.ml_engineers", "'data-scientists'", "another group than data_scientists"),
    Mutation("prod", "  data_producers: data-producers", "  data_producers: ''", "data_producers",
             "groups.data_producers", "''", "text that is not empty"),
    Mutation("prod", "readable_from: [dev]", "readable_from: [prod]", "readable_from", "readable_from[0]",
             "'prod'", "another environment than its own"),
    Mutation("prod", "readable_from: [dev]", "readable_from: [test]", "readable_from", "readable_from[0]",
             "'test'", "one of 'dev', 'staging' or 'prod'"),
    Mutation("staging", "readable_from: [dev]", "readable_from: [dev, dev]", "readable_from", "readable_from[1]",
             "'dev' again", "each value once"),
    Mutation("prod", "data_scientists: read", "data_scientists: all", "data_scientists: all",
             "access.data_scientists", "'all'", "one of 'write', 'read' or 'none'"),
    Mutation("prod", "disposable: false", "disposable: true", "protected", "protected",
             "true with disposable: true", "one of the two"),
    Mutation("dev", "paused_schedules: true", "paused_schedules: maybe", "paused_schedules", "paused_schedules",
             "'maybe'", "true or false"),
    Mutation("dev", "[mlops@example.com]", "mlops@example.com", "notify", "notify", "'mlops@example.com'", "a list"),
    Mutation("dev", "[mlops@example.com]", "[mlops]", "notify", "notify[0]", "'mlops'", "an e-mail address"),
    Mutation("prod", "[mlops@example.com]", "[]", "notify", "notify", "a list", "at least 1 of them"),
    Mutation("dev", "cost_center: mlops", "4711: mlops", "tags:", "tags[4711]", "4711 (int)", "text"),
    Mutation("dev", "cost_center: mlops", "cost_center: 4711", "cost_center", "tags.cost_center", "4711 (int)", "text"),
    Mutation("dev", "cost_center: mlops", "cost center: mlops", "cost center", "tags.cost center",
             "'cost center'", "1 to 63 letters, digits, _ and -, a letter first"),
    Mutation("dev", "cost_center: mlops", "environment: test", "environment: test", "tags.environment",
             "a tag that is set for every resource", "another key"),
    Mutation("staging", "subset: 0.2", "subset: 1.2", "subset", "overrides.subset", "1.2 (float)",
             "a number of at most 1.0"),
    Mutation("staging", "subset: 0.2", "subset: .nan", "subset", "overrides.subset", "nan (float)", "a finite number"),
]  # fmt: skip

COMPUTE = [
    Mutation("dev", "spark_version: 17.3.x-scala2.13", "spark_version: latest", "spark_version",
             "compute.classic.spark_version", "'latest'", "a Databricks runtime such as 17.3.x-scala2.13"),
    Mutation("dev", "[Standard_D4ds_v5, Standard_D8ds_v5]", "[]", "node_types", "compute.classic.node_types",
             "a list", "at least 1 of them"),
    Mutation("dev", "[Standard_D4ds_v5, Standard_D8ds_v5]", "[m5.xlarge]", "node_types",
             "compute.classic.node_types[0]", "'m5.xlarge'", "an Azure node type such as Standard_D4ds_v5"),
    Mutation("prod", "max_workers: 8", "max_workers: -1", "max_workers", "compute.classic.max_workers",
             "-1 (int)", "a number of at least 0"),
    Mutation("prod", "auto_termination_minutes: 30", "auto_termination_minutes: 0", "auto_termination",
             "compute.classic.auto_termination_minutes", "0 (int)", "a number of at least 10"),
    Mutation("staging", "warehouse_size: 2X-Small", "warehouse_size: Tiny", "warehouse_size",
             "compute.warehouse_size", "'Tiny'", WAREHOUSE_SIZES),
    Mutation("staging", "  warehouse_size: 2X-Small\n", "", "compute:", "compute.warehouse_size", "nothing", REQUIRED),
    Mutation("staging", "job_timeout_minutes: 60", "job_timeout_minutes: soon", "job_timeout_minutes",
             "compute.job_timeout_minutes", "'soon'", "a whole number"),
    Mutation("staging", "job_timeout_minutes: 60", "job_timeout_minutes: true", "job_timeout_minutes",
             "compute.job_timeout_minutes", "the boolean true (text needs quotes)", "a whole number"),
    Mutation("prod", "task_retries: 1", "task_retries: 9", "task_retries", "compute.task_retries",
             "9 (int)", "a number of at most 5"),
]  # fmt: skip

DATA = [
    Mutation(MODEL, "label_table: flights", "label_table: flight", "label_table", "label_table",
             "'flight'", "one of the tables: flights, weather, planes, airports"),
    Mutation(MODEL, "event_time: scheduled_departure", "event_time: departure", "event_time", "event_time",
             "'departure'", LABEL_COLUMNS),
    Mutation(MODEL, "primary_key: [faa]", "primary_key: [icao]", "[icao]", "sources.tables.airports.primary_key[0]",
             "'icao'", "one of the table's columns: faa, name, lat, lon, alt, tzone"),
    Mutation(MODEL, "faa: {type: string, nullable: false}", "faa: {type: string}", "faa: {type: string}",
             "sources.tables.airports.columns.faa", "a nullable column of the primary key", "nullable: false"),
    Mutation(MODEL, "lat: {type: double,", "lat: {type: decimal,", "lat:", "sources.tables.airports.columns.lat.type",
             "'decimal'",
             "one of 'string', 'int', 'bigint', 'double', 'boolean', 'date' or 'timestamp'"),
    Mutation(MODEL, "lat: {type: double, minimum: -90,", "lat: {type: double, minimum: 91,", "lat:",
             "sources.tables.airports.columns.lat.minimum", "91", "at most the maximum, 90"),
    Mutation(MODEL, "dest: {type: string, nullable: false, pattern: \"[A-Z]{3}\"}",
             "dest: {type: string, nullable: false, maximum: 3}", "dest:",
             "sources.tables.flights.columns.dest.maximum", "a column of type string",
             "no limit, or a type of int, bigint, double"),
    Mutation(MODEL, "allowed: [EWR, JFK, LGA]}\n        dest", "allowed: [EWR, 4]}\n        dest", "origin: {",
             "sources.tables.flights.columns.origin.allowed[1]", "4", "a value of type string"),
    Mutation(MODEL, "\"[A-Z0-9]{2}\"", "\"[A-Z\"", "[A-Z\"", "sources.tables.flights.columns.carrier.pattern",
             "'[A-Z' (unterminated character set at position 0)", "a regular expression"),
    Mutation(MODEL, "plane_year: {type: double}", "plane_year: {type: double, minimum: 0}", "plane_year: {",
             "feature_tables.plane_features.columns.plane_year", "rules of its values",
             "none, as only landed rows are held to them"),
    Mutation(MODEL, "time_key: observed_at", "time_key: temp", "time_key: temp", "sources.tables.weather.time_key",
             "'temp', a double", "a column of type date or timestamp"),
    Mutation(MODEL, "folder: planes", "folder: flights", "folder: flights\n      ignored",
             "sources.tables.planes.folder", "'flights'", "another folder than that of flights"),
    Mutation(MODEL, "  schema: flights", "  schema: artifacts", "schema: artifacts", "sources.schema",
             "'artifacts'", "another name: this schema holds the wheels"),
    Mutation(MODEL, "  schema: flights", "  schema: flight_delay", "schema: flight_delay", "schema",
             "'flight_delay'", "another schema than that of the sources"),
    Mutation(MODEL, "features: [plane_year,", "features: [year,", "features: [year,",
             "feature_tables.plane_features.features[0]", "'year'", "a column of the table outside its primary key"),
    Mutation(MODEL, "lookup_key: [origin]", "lookup_key: [origin, dest]", "[origin, dest]",
             "feature_tables.weather_features.lookup_key", "2 columns", "one column for each of origin"),
    Mutation(MODEL, "lookup_key: [origin]", "lookup_key: [airport]", "[airport]",
             "feature_tables.weather_features.lookup_key[0]", "'airport'", LABEL_COLUMNS),
    Mutation(MODEL, "month]", "temp]", "features: [temp,", "feature_tables.weather_features.features[0]",
             "'temp'", "a name no other feature has"),
    Mutation(MODEL, "categorical: [carrier,", "categorical: [airline,", "[airline", "categorical[0]",
             "'airline'", FEATURES),
    Mutation(MODEL, "month]", "late]", "label: late", "label",
             "'late'", "a column that is no feature: it is what is predicted"),
    Mutation(MODEL, "  plane_features:\n", "  predictions:\n", "table: predictions", "batch.table", "'predictions'",
             "a name that no feature table has"),
    Mutation(MODEL, "table: streamed_predictions", "table: predictions", "table: predictions\n  to_topic",
             "streaming.table", "'predictions'", "a name that no feature table has, nor that of batch inference"),
    Mutation(MODEL, "from_topic: departures", "from_topic: all departures", "all departures", "streaming.from_topic",
             "'all departures'", "1 to 200 letters, digits, ., _ and -"),
    Mutation("prod", "prod.servicebus.windows.net:9093", "prod.servicebus.windows.net", "windows.net]",
             "kafka.bootstrap_servers[0]", "'understudy-prod.servicebus.windows.net'",
             "an address such as host.example.com:9093"),
]  # fmt: skip

LIFE = [
    Mutation(MODEL, "validation:\n  metric: roc_auc", "validation:\n  metric: rmse", "metric: rmse",
             "validation.metric", "'rmse'", METRICS),
    Mutation(MODEL, "  alarm_cost:", "  log_loss:", "  log_loss:", "metrics.log_loss", "'log_loss'",
             "a name that none of the pipelines' own metrics has"),
    Mutation(MODEL, "temp: temp,", "temp: late,", "temp: late", "on_demand_features.feels_like.inputs.temp", "'late'",
             LOOKED_UP),
    Mutation(MODEL, "low: 0.03, high: 0.3", "low: 0.3, high: 0.03", "low: 0.3,",
             "training.tuning.search_space.lightgbm.learning_rate.high", "0.03", "more than 0.3, which is low"),
    Mutation(MODEL, "steps: [10, 50]", "steps: [50, 10]", "steps: [50", "promotion.rollout.steps[1]", "10",
             "more than 50, the step before"),
    Mutation(MODEL, "masked: {tailnum: hash}\n    weather", "masked: {distance: hash}\n    weather", "distance: hash",
             "snapshot.tables.flights.masked.distance", "hash of a double", "null, or a column of type string"),
    Mutation(MODEL, "risk_class: [low, limited]", "risk: [low]", "risk: [low]",
             "validation.allowed_tag_values.risk", "'risk'", "one of the required tags: owner, risk_class"),
    Mutation(MODEL, "slices: [origin, carrier]", "slices: [origin, airline]", "airline", "validation.slices[1]",
             "'airline'", FEATURES),
    Mutation(MODEL, "required_tags: [owner,", "required_tags: [steward,", "steward", "validation.required_tags[0]",
             "'steward'", "one of the tags: owner, risk_class"),
    Mutation(MODEL, "max_rows: 300000", "max_rows: 10", "max_rows: 10\n", "training.max_rows",
             "10 (int)", "a number of at least 1000"),
    Mutation(MODEL, "num_leaves: 63", "num_leaves: [1]", "num_leaves: [1]", "training.algorithms.lightgbm.num_leaves",
             "a list", "a number or a whole number or text"),
    Mutation(MODEL, "threshold: 0.60\n  min_gain", "threshold: high\n  min_gain", "threshold: high",
             "promotion.threshold", "'high'", "a number"),
    Mutation(MODEL, "workload_size: Small", "workload_size: Huge", "workload_size", "serving.workload_size",
             "'Huge'", "one of 'Small', 'Medium' or 'Large'"),
    Mutation(MODEL, "calls_per_minute: 1200", "calls_per_minute: 0", "calls_per_minute", "serving.calls_per_minute",
             "0 (int)", "a number of at least 1"),
    Mutation(MODEL, '"0 0 3 ? * MON"', "daily", "training_schedule", "training_schedule", "'daily'",
             "a Quartz cron expression: seconds minutes hours day-of-month month day-of-week [year]"),
    Mutation(MODEL, '"0 0 3 ? * MON"', '"0 0 3 * * MON"', "training_schedule", "training_schedule",
             "'0 0 3 * * MON'", "? as exactly one of day-of-month and day-of-week"),
    Mutation(MODEL, '"0 0 5 * * ?"', '"0 0 25 * * ?"', '"0 0 25', "batch.schedule",
             "'0 0 25 * * ?'", "hours from 0 to 23 where it says '25'"),
]  # fmt: skip

SINKS = [
    Mutation(MODEL, "format: parquet", "format: json", "format: json", "batch.sinks.files.format", "'json'",
             "one of 'parquet' or 'csv'"),
    Mutation(MODEL, "volume: exports", "volume: Exports", "volume: Exports", "batch.sinks.files.volume", "'Exports'",
             NAME),
    Mutation(MODEL, "    jdbc: {table: flight_delays}", "    jdbc: {}", "jdbc: {}", "batch.sinks.jdbc.table", "nothing",
             REQUIRED),
    Mutation(MODEL, "    online: true", "    online: often", "online: often", "batch.sinks.online", "'often'",
             "true or false"),
    Mutation(MODEL, "    online: true", "    event_hub: {}", "event_hub", "batch.sinks.event_hub", "an unknown key",
             "one of files, jdbc, online"),
    Mutation(MODEL, f"  time_key: scheduled_departure\n{PREDICTED_COLUMNS}", PREDICTED_COLUMNS, "predictions:",
             "predictions.time_key", "nothing", "the column by which sinks tell the newest days"),
    Mutation(MODEL, "    predicted_late: {", "    day: {type: date}\n    predicted_late: {", "day: {",
             "predictions.columns.day", "a column", "no such column: files have one of this name"),
    Mutation("staging", "user: understudy", "user: under study", "user: under", "jdbc.user", "'under study'",
             "a user's name without spaces"),
    Mutation("staging", "host: understudy-staging", "host: jdbc:postgresql://staging", "host: jdbc", "jdbc.host",
             "'jdbc:postgresql://staging.postgres.database.azure.com'", "a host's name such as db.example.com"),
]  # fmt: skip

MONITORING = [
    Mutation(MODEL, "granularities: [1 day, 1 week]", "granularities: [2 days]", "granularities",
             "monitoring.granularities[0]", "'2 days'",
             "one of '5 minutes', '30 minutes', '1 hour', '1 day', '1 week' or '1 month'"),
    Mutation(MODEL, "slices: [source, origin]", "slices: [version]", "slices: [version]", "monitoring.slices[0]",
             "'version'", f"{LOG} or of the label table, or an SQL condition"),
    Mutation(MODEL, "columns: [predicted_late]", "columns: []", "columns: []",
             "monitoring.custom_metrics.share_said_late.columns", "a list", "at least 1 of them"),
    Mutation(MODEL, "columns: [predicted_late]", "columns: [said_late]", "columns: [said_late]",
             "monitoring.custom_metrics.share_said_late.columns[0]", "'said_late'", f"{LOG} or :table"),
    Mutation(MODEL, "    share_said_late:", "    avg:", "avg:", "monitoring.custom_metrics.avg",
             "the name of a built-in metric", "another name"),
    Mutation(MODEL, "column: probability_late", "column: probability", "column: probability",
             "monitoring.alerts.predictions_drift.column", "'probability'", f"{LOG} or :table"),
    Mutation(MODEL, "metric: population_stability_index", "metric: drift", "metric: drift",
             "monitoring.alerts.predictions_drift.metric", "'drift'",
             "one of the drift metrics, count_delta, avg_delta, percent_null_delta, percent_zeros_delta, "
             "percent_distinct_delta, js_distance, wasserstein_distance, population_stability_index, tv_distance, "
             "l_infinity_distance; or an SQL expression of them"),
    Mutation(MODEL, "comparison: LESS_THAN\n      threshold: 1\n", "comparison: BELOW\n      threshold: 1\n", "BELOW",
             "monitoring.alerts.nothing_predicted.comparison", "'BELOW'", "one of 'LESS_THAN' or 'GREATER_THAN'"),
    Mutation(MODEL, "      threshold: 1\n", "", "nothing_predicted:", "monitoring.alerts.nothing_predicted.threshold",
             "nothing", REQUIRED),
    Mutation(MODEL, "0.25\n      retrain: true", "0.25\n      retrains: true", "retrains",
             "monitoring.alerts.predictions_drift.retrains",
             "an unknown key", "retrain (did you mean it?)"),
]  # fmt: skip

MUTATIONS = [
    *YAML,
    *ACCOUNT,
    *STATE,
    *AZURE,
    *ADDRESSES,
    *ENVIRONMENT,
    *COMPUTE,
    *DATA,
    *LIFE,
    *SINKS,
    *MONITORING,
]
