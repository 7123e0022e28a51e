//! `/events/stream`.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderName;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::EventStreams;
use super::rules::{EVERYTHING, topics};
use super::usecases::{Follower, Told};
use crate::error::{Problem, Result};
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::params::Query;
use crate::plumbing::edge::refusals::ListRefusals;
use crate::plumbing::events::Topic;

/// Proxies give up on connections that say nothing for long.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub fn routes() -> OpenApiRouter<EventStreams> {
    OpenApiRouter::new().routes(routes!(stream_events))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StreamQuery {
    /// Some of instances, models, api_keys, usage, members, organizations, sessions, deployments, catalog, separated by commas; all
    /// unless told.
    topics: Option<String>,
    /// The workspace the caller believes to be in: `personal` or an organization's id.
    #[serde(rename = "workspace")]
    _workspace: Option<String>,
}

/// The data of an event `change`: read it again.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeEvent {
    /// A topic, or `all` when anything may have changed.
    topic: TopicName,
    /// Null with `all`.
    id: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum TopicName {
    One(Topic),
    All(&'static str),
}

/// The data of the event `closed`, the last one.
#[derive(Debug, Serialize, ToSchema)]
struct ClosedEvent {
    /// `session_ended`, `workspace_changed`, `role_changed` or `server_stopping`.
    reason: &'static str,
}

/// Follow the workspace's changes
///
/// Server-sent events: `change` says what to read again, `closed` is the last one. A comment every 15 s keeps the connection open.
#[utoipa::path(get, path = "/events/stream", operation_id = "stream_events", tag = "events", params(StreamQuery),
    extensions(("x-permission" = json!("events.read"))),
    responses((status = 200, description = "Events `change` and `closed`", body = ChangeEvent, content_type = "text/event-stream"),
        (status = 429, description = "Too many streams of this account", body = Problem),
        (status = 503, description = "Too many streams", body = Problem), ListRefusals))]
async fn stream_events(
    State(streams): State<EventStreams>,
    allowed: Allowed<grant::EventsRead>,
    Query(query): Query<StreamQuery>,
) -> Result<Response> {
    let follower = Follower::new(&streams, &allowed.authorized(), topics(query.topics.as_deref())?)?;
    let events = futures_util::stream::unfold(follower, async |mut follower| {
        let told = follower.next().await?;
        Some((Ok::<_, Infallible>(event(told)), follower))
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    // nginx passes events on as they come only if told.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), "no");
    Ok(([unbuffered], stream).into_response())
}

fn event(told: Told) -> Event {
    let (name, data) = match told {
        Told::Changed { topic, id } => (
            "change",
            Event::default().json_data(ChangeEvent {
                topic: TopicName::One(topic),
                id: Some(id),
            }),
        ),
        Told::AnythingChanged => (
            "change",
            Event::default().json_data(ChangeEvent {
                topic: TopicName::All(EVERYTHING),
                id: None,
            }),
        ),
        Told::Closed(reason) => ("closed", Event::default().json_data(ClosedEvent { reason })),
    };
    // These shapes always serialize; an event without data would only be ignored.
    data.unwrap_or_default().event(name)
}
