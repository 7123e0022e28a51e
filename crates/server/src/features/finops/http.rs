//! `/finops/*`, `/usage`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Finops;
use super::usecases::{self, CurrentCost, UsageReport, UsedKey};
use crate::error::Result;
use crate::features::instances::Status;
use crate::features::usage::reports::{GroupBy, UsageRow};
use crate::money::Eur;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::params::Query;
use crate::plumbing::edge::refusals::{ListRefusals, ReadRefusals};

pub fn routes() -> OpenApiRouter<Finops> {
    OpenApiRouter::new()
        .routes(routes!(get_current_cost))
        .routes(routes!(get_daily_cost))
        .routes(routes!(get_finops_usage))
        .routes(routes!(get_own_usage))
}

/// What the workspace's servers and tokens cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrentCost)]
struct CurrentCostAnswer {
    as_of: DateTime<Utc>,
    /// Of all servers that run now.
    cost_per_hour_eur: Eur,
    /// Since midnight UTC, of servers and tokens together.
    today_eur: Eur,
    today_instances_eur: Eur,
    today_tokens_eur: Eur,
    /// Since the first of the month, UTC, of servers and tokens together.
    month_to_date_eur: Eur,
    month_to_date_instances_eur: Eur,
    month_to_date_tokens_eur: Eur,
    /// What cost something this month, running servers first.
    instances: Vec<InstanceCost>,
}

#[derive(Debug, Serialize, ToSchema)]
struct InstanceCost {
    instance_id: Uuid,
    /// What people call it; null: nothing of its own.
    name: Option<String>,
    model_name: String,
    status: Status,
    /// Zero once it costs nothing any more.
    cost_per_hour_eur: Eur,
    billed_since: Option<DateTime<Utc>>,
    cost_to_date_eur: Eur,
}

impl From<CurrentCost> for CurrentCostAnswer {
    fn from(cost: CurrentCost) -> Self {
        let instances = cost.instances.into_iter().map(|(instance, model_name)| InstanceCost {
            instance_id: instance.instance_id,
            name: instance.name,
            model_name,
            status: instance.status,
            cost_per_hour_eur: instance.cost_per_hour_eur.into(),
            billed_since: instance.billed_since,
            cost_to_date_eur: instance.cost_to_date_eur.into(),
        });
        Self {
            as_of: cost.as_of,
            cost_per_hour_eur: cost.rate.into(),
            today_eur: cost.today.total().into(),
            today_instances_eur: cost.today.instances.into(),
            today_tokens_eur: cost.today.tokens.into(),
            month_to_date_eur: cost.month_to_date.total().into(),
            month_to_date_instances_eur: cost.month_to_date.instances.into(),
            month_to_date_tokens_eur: cost.month_to_date.tokens.into(),
            instances: instances.collect(),
        }
    }
}

/// What it costs now
#[utoipa::path(get, path = "/finops/cost/current", operation_id = "get_current_cost", tag = "finops",
    extensions(("x-permission" = json!("finops.read"))),
    responses((status = 200, description = "Costs of servers and tokens", body = CurrentCostAnswer), ReadRefusals))]
async fn get_current_cost(
    State(finops): State<Finops>,
    allowed: Allowed<grant::FinopsRead>,
) -> Result<Json<CurrentCostAnswer>> {
    let cost = usecases::current_cost(&finops, allowed.authorized()).await?;
    Ok(Json(cost.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DailyCostQuery {
    /// What was used then or later; 30 days before `to` unless told, at most 400.
    from: Option<DateTime<Utc>>,
    /// What was used before; now unless told, and at the latest.
    to: Option<DateTime<Utc>>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    #[serde(rename = "workspace")]
    _workspace: Option<String>,
}

/// What each day cost.
#[derive(Debug, Serialize, ToSchema)]
struct DailyCost {
    /// Every day of the window, in UTC and in order, also those that cost nothing.
    items: Vec<DayCost>,
    /// What the items add up to.
    cost_eur: Eur,
    instances_eur: Eur,
    tokens_eur: Eur,
}

#[derive(Debug, Serialize, ToSchema)]
struct DayCost {
    day: NaiveDate,
    /// Of servers and tokens together.
    cost_eur: Eur,
    instances_eur: Eur,
    tokens_eur: Eur,
}

impl From<usecases::DailyCost> for DailyCost {
    fn from(cost: usecases::DailyCost) -> Self {
        let items = cost.days.into_iter().map(|(day, cost)| DayCost {
            day,
            cost_eur: cost.total().into(),
            instances_eur: cost.instances.into(),
            tokens_eur: cost.tokens.into(),
        });
        Self {
            items: items.collect(),
            cost_eur: cost.total.total().into(),
            instances_eur: cost.total.instances.into(),
            tokens_eur: cost.total.tokens.into(),
        }
    }
}

/// What each day cost
#[utoipa::path(get, path = "/finops/cost/daily", operation_id = "get_daily_cost", tag = "finops", params(DailyCostQuery),
    extensions(("x-permission" = json!("finops.read"))),
    responses((status = 200, description = "Costs of servers and tokens by day", body = DailyCost), ListRefusals))]
async fn get_daily_cost(
    State(finops): State<Finops>,
    allowed: Allowed<grant::FinopsRead>,
    Query(query): Query<DailyCostQuery>,
) -> Result<Json<DailyCost>> {
    let cost = usecases::daily_cost(&finops, allowed.authorized(), query.from, query.to).await?;
    Ok(Json(cost.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UsageQuery {
    /// `model` (the default), `key` or `day` (UTC).
    #[serde(default)]
    #[param(inline, value_type = Option<GroupBy>)]
    group_by: GroupBy,
    /// Requests that began then or later; 30 days before `to` unless told, at most 400.
    from: Option<DateTime<Utc>>,
    /// Requests that began before; now unless told.
    to: Option<DateTime<Utc>>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    #[serde(rename = "workspace")]
    _workspace: Option<String>,
}

/// Usage of models in a window.
#[derive(Debug, Serialize, ToSchema)]
struct Usage {
    items: Vec<UsageItem>,
    /// What the items add up to.
    total: UsageItem,
}

#[derive(Debug, Serialize, ToSchema)]
struct UsageItem {
    /// Id of the model or of the API key, or the day; null for use from the console, and in the total.
    key: Option<String>,
    /// What people call it.
    label: Option<String>,
    requests: i64,
    /// Those among them whose engine did not say what it used: their tokens are our count of what it produced.
    estimated_requests: i64,
    /// Those from the cache included.
    input_tokens: i64,
    cached_input_tokens: i64,
    /// Reasoning included.
    output_tokens: i64,
    charge_eur: Eur,
    /// Only for an API key's line: what tells it from others of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<UsedApiKey>,
}

#[derive(Debug, Serialize, ToSchema)]
struct UsedApiKey {
    #[schema(example = "inv_4fTq0ZkX9aLw2BnM")]
    prefix: String,
    /// Another key took its place.
    replaced: bool,
}

impl UsageItem {
    fn new(row: UsageRow, keys: &mut HashMap<Uuid, UsedKey>) -> Self {
        let id = row.key.as_deref().and_then(|key| key.parse().ok());
        let used = id.and_then(|id: Uuid| keys.remove(&id)).map(|key| UsedApiKey {
            prefix: key.prefix,
            replaced: key.replaced,
        });
        Self {
            api_key: used,
            key: row.key,
            label: row.label,
            requests: row.requests,
            estimated_requests: row.estimated_requests,
            input_tokens: row.input_tokens,
            cached_input_tokens: row.cached_input_tokens,
            output_tokens: row.output_tokens,
            charge_eur: row.charge_eur.into(),
        }
    }
}

impl From<UsageReport> for Usage {
    fn from(mut report: UsageReport) -> Self {
        let items = report
            .lines
            .into_iter()
            .map(|row| UsageItem::new(row, &mut report.keys));
        Self {
            items: items.collect(),
            total: UsageItem::new(report.total, &mut HashMap::new()),
        }
    }
}

/// What the workspace consumed
#[utoipa::path(get, path = "/finops/usage", operation_id = "get_finops_usage", tag = "finops", params(UsageQuery),
    extensions(("x-permission" = json!("finops.read"))),
    responses((status = 200, description = "Usage by line, and in total", body = Usage), ListRefusals))]
async fn get_finops_usage(
    State(finops): State<Finops>,
    allowed: Allowed<grant::FinopsRead>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Usage>> {
    let authorized = allowed.authorized();
    let report = usecases::usage(&finops, authorized, query.group_by, query.from, query.to, None).await?;
    Ok(Json(report.into()))
}

/// What I consumed in this workspace
#[utoipa::path(get, path = "/usage", operation_id = "get_own_usage", tag = "finops", params(UsageQuery),
    extensions(("x-permission" = json!("usage.read_own"))),
    responses((status = 200, description = "Usage by line, and in total", body = Usage), ListRefusals))]
async fn get_own_usage(
    State(finops): State<Finops>,
    allowed: Allowed<grant::UsageReadOwn>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Usage>> {
    let authorized = allowed.authorized();
    let mine = Some(authorized.user_id);
    let report = usecases::usage(&finops, authorized, query.group_by, query.from, query.to, mine).await?;
    Ok(Json(report.into()))
}
