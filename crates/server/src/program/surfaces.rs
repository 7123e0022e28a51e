//! The four surfaces: who may come to a route and under which limits, decided here and nowhere by the text of a path.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};

use super::{Program, openapi};
use crate::features::sessions::authenticate_request;
use crate::plumbing::config::ServerRole;
use crate::plumbing::console;
use crate::plumbing::edge::{body, context, middleware, request_id, unread};
use crate::plumbing::module::Surface;

/// What this process serves. The surface of a role that it doesn't have is not there: its addresses look like nothing.
pub fn router(program: &Program, time_limit: Duration) -> Router {
    let mut router = public(program);
    let config = &program.core.config;
    if config.has_role(ServerRole::Api) {
        router = router.merge(session(program));
    }
    if config.has_role(ServerRole::Orchestrator) {
        router = router.merge(worker(program));
    }
    let router = router
        .fallback(middleware::no_such_route)
        .method_not_allowed_fallback(middleware::method_not_allowed)
        .layer(middleware::catch_panics())
        .layer(from_fn_with_state(time_limit, middleware::limit_time))
        .layer(from_fn(unread::take_in_or_close))
        .layer(from_fn(middleware::harden));
    let router = match config.has_role(ServerRole::Gateway) {
        true => router.merge(gateway(program)),
        false => router,
    };
    router.layer(from_fn(request_id::assign))
}

/// Nobody is asked who they are.
fn public(program: &Program) -> Router {
    let routes: Router = program.routes(Surface::Public).into();
    let routes = routes.layer(map_response(request_id::is_routine));
    match program.core.config.has_role(ServerRole::Api) {
        true => routes
            .merge(openapi::page(openapi::described(program)))
            .merge(console::routes(program.console)),
        false => routes,
    }
}

/// The session is looked up once; bodies are small.
fn session(program: &Program) -> Router {
    let routes: Router = program.routes(Surface::Session).into();
    routes
        .layer(from_fn_with_state(program.sessions.clone(), authenticate_request))
        .layer(from_fn_with_state(program.core.context_source(), context::attach))
        .layer(DefaultBodyLimit::max(body::LIMIT))
}

/// Each handler asks for its token.
fn worker(program: &Program) -> Router {
    let routes: Router = program.routes(Surface::Worker).into();
    routes
        .layer(map_response(request_id::is_routine))
        .layer(from_fn_with_state(program.core.context_source(), context::attach))
        .layer(DefaultBodyLimit::max(body::LIMIT))
}

/// Only what inference needs: who calls is asked of the key, or of the session where there is none; bodies and time have limits of
/// the gateway's own.
fn gateway(program: &Program) -> Router {
    let routes: Router = program.routes(Surface::Gateway).into();
    routes
        .layer(middleware::catch_panics())
        .layer(map_response(async |response| middleware::never_stored(response)))
        .layer(from_fn(unread::take_in_or_close))
        .layer(DefaultBodyLimit::disable())
}
