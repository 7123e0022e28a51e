//! Path and query parameters, refused in our own words.

use axum::extract::{FromRequestParts, Path, RawQuery};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::codes::FieldCode;
use crate::error::{Error, Result};

/// The id in the path. What isn't a UUID names nothing, so it is simply not found.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(text): Path<String> = Path::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::not_found())?;
        Uuid::try_parse(&text).map(Self).map_err(|_| Error::not_found())
    }
}

/// Query parameters. Unknown ones are refused where the target type denies them.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, state)
            .await
            .unwrap_or_else(|never| match never {});
        let query = query.unwrap_or_default();
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(deserializer)
            .map(Self)
            .map_err(|error| {
                let path = error.path().to_string();
                let message = error.into_inner().to_string();
                let named = message.split('`').nth(1).unwrap_or_default().to_owned();
                let field = if path.is_empty() || path == "." { named } else { path };
                let code = if message.starts_with("unknown field") {
                    FieldCode::UnknownParameter
                } else {
                    FieldCode::Invalid
                };
                Error::invalid(&field, code, message)
            })
    }
}
