//! `/chat/*`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Chat;
use crate::activation::Activation;
use crate::error::{Problem, Result};
use crate::features::gateway::resolution;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::paging::Page;

pub fn routes() -> OpenApiRouter<Chat> {
    OpenApiRouter::new().routes(routes!(list_chat_models))
}

#[derive(Debug, Serialize, ToSchema)]
struct ChatModel {
    /// What a request puts into `model`.
    id: String,
    name: String,
    /// Tokens.
    context_length: u64,
    /// A request would be served now.
    is_ready: bool,
    /// `tech`, `eco`: what of the model, or of the instance that would serve it, has to be activated first.
    missing_activations: Vec<Activation>,
}

/// Models to chat with
///
/// All that this workspace sees and that answer to conversations, ready or not, in order of name.
#[utoipa::path(get, path = "/chat/models", operation_id = "list_chat_models", tag = "chat",
    extensions(("x-permission" = json!("chat.use"))), responses(
    (status = 200, description = "Models of this workspace and public ones", body = Page<ChatModel>),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The workspace changed", body = Problem)))]
async fn list_chat_models(State(chat): State<Chat>, allowed: Allowed<grant::ChatUse>) -> Result<Json<Page<ChatModel>>> {
    let tenant = allowed.authorized().tenant();
    let table = chat.gateway.table().await?;
    let items = resolution::visible(&table, tenant)
        .into_iter()
        .filter(|model| model.is_chat)
        .map(|model| {
            let (missing_activations, is_ready) = resolution::readiness(&table, tenant, model);
            ChatModel {
                id: model.model_id.clone(),
                name: model.name.clone(),
                context_length: model.context_length,
                is_ready,
                missing_activations,
            }
        })
        .collect();
    Ok(Json(Page {
        items,
        next_cursor: None,
    }))
}
