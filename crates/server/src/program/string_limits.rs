//! What the strings of requests may hold, for the contract: generated clients check it, and tests know what to send. The rules
//! themselves stand with their features; a name means the same everywhere, so they are written down here once, by name.

use utoipa::openapi::schema::{ArrayItems, KnownFormat, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Object, OpenApi, RefOr};

use crate::features::users::{LONGEST_PASSWORD, SHORTEST_PASSWORD};

#[derive(Clone, Copy)]
struct Limit {
    min: usize,
    max: usize,
    /// ECMA 262.
    pattern: Option<&'static str>,
    is_email: bool,
}

const fn length(min: usize, max: usize) -> Limit {
    Limit {
        min,
        max,
        pattern: None,
        is_email: false,
    }
}

const fn pattern(min: usize, max: usize, pattern: &'static str) -> Limit {
    Limit {
        pattern: Some(pattern),
        ..length(min, max)
    }
}

/// Secrets that we made: one that is longer is none of ours.
const SECRET: Limit = length(1, 1024);

/// What a field or a parameter of this name may hold.
fn limit(name: &str) -> Option<Limit> {
    Some(match name {
        "name" => length(1, 100),
        "first_name" | "last_name" | "licence" => length(0, 100),
        "description" => length(0, 2_000),
        "email" | "emails" => Limit {
            is_email: true,
            ..length(3, 254)
        },
        "login" => length(1, 254),
        "username" => pattern(2, 64, "^[A-Za-z0-9._-]+$"),
        "password" | "new_password" => length(SHORTEST_PASSWORD, LONGEST_PASSWORD),
        "current_password" => length(1, LONGEST_PASSWORD),
        "locale" => pattern(2, 2, "^(en|fr)$"),
        "slug" => pattern(1, 48, "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"),
        "color" => pattern(7, 7, "^#[0-9a-f]{6}$"),
        "code" => pattern(1, 64, "^[!-~]+$"),
        "recovery_code" => length(1, 64),
        "challenge" | "token" => SECRET,
        "model_id" | "model" => pattern(1, 200, "^[A-Za-z0-9][A-Za-z0-9._:/-]*$"),
        "allowed_models" => length(1, 200),
        "engine_arguments" => length(1, 1_000),
        "q" => length(0, 200),
        "cursor" => length(1, 500),
        "sort" | "scope" | "status" | "topics" => length(1, 200),
        "action" | "target_type" => length(1, 100),
        "workspace" => length(1, 100),
        "If-Match" => length(1, 1_000),
        "Idempotency-Key" => length(1, 255),
        _ => return None,
    })
}

/// An amount of money.
const EUR: Limit = pattern(1, 40, "^-?[0-9]+(\\.[0-9]+)?$");

/// Puts the limits into the document: on parameters, on the bodies of requests and on amounts.
pub fn declare(document: &mut OpenApi) {
    let items = document.paths.paths.values_mut();
    let operations = items.flat_map(|item| {
        let all = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        all.into_iter().flatten()
    });
    for parameter in operations.flat_map(|operation| operation.parameters.iter_mut().flatten()) {
        if let RefOr::T(parameter) = parameter
            && let Some(schema) = &mut parameter.schema
        {
            constrain(schema, limit(&parameter.name));
        }
    }
    let schemas = document
        .components
        .iter_mut()
        .flat_map(|components| components.schemas.iter_mut());
    for (name, schema) in schemas {
        if name == "Eur" {
            constrain(schema, Some(EUR));
        } else if (name.ends_with("Request") || name.ends_with("Body"))
            && let RefOr::T(schema) = schema
        {
            objects(schema, &mut |object| {
                for (field, schema) in &mut object.properties {
                    // A login's password was chosen under the rules of its day.
                    let limit = match (name.as_str(), field.as_str()) {
                        (
                            "LoginRequest"
                            | "ReauthenticateRequest"
                            | "DeleteOwnAccountRequest"
                            | "RequestEmailChangeRequest",
                            "password",
                        ) => limit("current_password"),
                        _ => limit(field),
                    };
                    constrain(schema, limit);
                }
            });
        }
    }
}

/// The objects that a schema is made of.
fn objects(schema: &mut Schema, act: &mut impl FnMut(&mut Object)) {
    let parts = match schema {
        Schema::Object(object) => return act(object),
        Schema::AllOf(all) => &mut all.items,
        Schema::AnyOf(any) => &mut any.items,
        Schema::OneOf(one) => &mut one.items,
        _ => return,
    };
    for part in parts {
        if let RefOr::T(part) = part {
            objects(part, act);
        }
    }
}

/// On a string, or the strings of a list, that says nothing of itself yet.
fn constrain(schema: &mut RefOr<Schema>, limit: Option<Limit>) {
    let (RefOr::T(schema), Some(limit)) = (schema, limit) else {
        return;
    };
    match schema {
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                constrain(items, Some(limit));
            }
        }
        Schema::Object(object) if is_free_text(object) => {
            object.min_length = Some(limit.min).filter(|min| *min > 0);
            object.max_length = Some(limit.max);
            object.pattern = limit.pattern.map(str::to_owned);
            object.format = limit.is_email.then_some(SchemaFormat::KnownFormat(KnownFormat::Email));
        }
        _ => {}
    }
}

fn is_free_text(object: &Object) -> bool {
    let is_text = match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    };
    is_text
        && object.enum_values.is_none()
        && object.format.is_none()
        && object.max_length.is_none()
        && object.pattern.is_none()
}
