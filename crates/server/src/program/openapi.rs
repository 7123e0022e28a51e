//! The public contract, generated from the handlers.

use std::collections::{BTreeMap, HashMap};

use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response};
use utoipa_axum::router::OpenApiRouter;

use super::{Program, string_limits};

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Inventiv",
    description = "Open language models on your own GPU servers, behind one OpenAI-compatible API, with an exact account of who used what.",
    license(name = "Apache-2.0", identifier = "Apache-2.0"),
))]
struct Document;

/// Every operation of a program, with its description. `x-permission` names the permission an operation asks for, `public` or
/// `worker`; `x-reauthentication` marks what asks for a recent proof of identity.
pub fn described(program: &Program) -> OpenApi {
    let modules = program.modules().into_iter();
    let all = modules.fold(
        OpenApiRouter::<()>::with_openapi(<Document as utoipa::OpenApi>::openapi()),
        |all, module| all.merge(module.routes),
    );
    let (_, mut document) = all.split_for_parts();
    declare_problems(&mut document);
    declare_credentials(&mut document);
    string_limits::declare(&mut document);
    share_responses(&mut document);
    document
}

/// What an operation asks for is one token, whoever's; public ones ask for none.
fn declare_credentials(document: &mut OpenApi) {
    const TOKEN: &str = "token";
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some(
        "An API key, or the token of a session that signed in with `transport: \"bearer\"`. Workers bring theirs."
            .into(),
    );
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    for operation in operations(document) {
        let permission = operation.extensions.as_ref().and_then(|all| all.get("x-permission"));
        let needed: &[&str] = if permission.is_some_and(|permission| permission == "public") {
            &[]
        } else {
            &[TOKEN]
        };
        let requirements = needed
            .iter()
            .map(|name| SecurityRequirement::new(*name, [] as [&str; 0]));
        operation.security = Some(requirements.collect());
    }
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = document.paths.paths.values_mut();
    let operations = items.flat_map(|item| {
        [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ]
    });
    operations.flatten()
}

/// Every answer of every operation.
fn responses(document: &mut OpenApi) -> impl Iterator<Item = &mut RefOr<Response>> {
    operations(document).flat_map(|operation| operation.responses.responses.values_mut())
}

/// Problems travel under a content type of their own, which the annotations of handlers needn't repeat.
fn declare_problems(document: &mut OpenApi) {
    for response in responses(document) {
        let RefOr::T(response) = response else { continue };
        let is_problem = response.content.get("application/json").is_some_and(
            |content| matches!(content, RefOr::T(content) if matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location == "#/components/schemas/Problem")),
        );
        if is_problem && let Some(content) = response.content.shift_remove("application/json") {
            response.content.insert("application/problem+json".to_owned(), content);
        }
    }
}

/// What several operations answer alike stands once, under a name made of its description; refusals above all.
fn share_responses(document: &mut OpenApi) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for response in responses(document) {
        *uses.entry(text(response)).or_default() += 1;
    }
    let mut shared: BTreeMap<String, RefOr<Response>> = BTreeMap::new();
    for response in responses(document) {
        let alike = text(response);
        let RefOr::T(own) = response else { continue };
        if uses.get(&alike).is_none_or(|uses| *uses < 2) {
            continue;
        }
        let base = name(&own.description);
        let names = (1..).map(|number: u32| match number {
            1 => base.clone(),
            _ => format!("{base}{number}"),
        });
        let is_free = |name: &String| shared.get(name).is_none_or(|known| text(known) == alike);
        let Some(name) = names.into_iter().find(is_free) else {
            continue;
        };
        let reference = RefOr::Ref(Ref::new(format!("#/components/responses/{name}")));
        shared.insert(name, std::mem::replace(response, reference));
    }
    document.components.get_or_insert_default().responses = shared;
}

fn text(response: &RefOr<Response>) -> String {
    serde_json::to_string(response).unwrap_or_default()
}

/// `TheWorkspaceChanged` of "The workspace changed".
fn name(description: &str) -> String {
    let words = description.split(|character: char| !character.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    let name: String = words.filter(|word| !word.is_empty()).take(8).map(capital).collect();
    if name.is_empty() { "Answer".to_owned() } else { name }
}

/// The document as it is checked in: pretty, with a final newline.
///
/// # Errors
/// The directory for temporary files can't be used.
pub fn document() -> anyhow::Result<String> {
    let document = described(&super::detached::program()?);
    let text = document.to_pretty_json().unwrap_or_default();
    Ok(in_one_order(&text))
}

/// An operation's extensions come out of a hash map; in the file they stand in the same order every time.
fn in_one_order(text: &str) -> String {
    let is_extension = |line: &&str| line.trim_start().starts_with("\"x-");
    let mut lines: Vec<&str> = text.lines().collect();
    let mut ordered = String::with_capacity(text.len() + 1);
    for run in lines.chunk_by_mut(|a, b| is_extension(a) && is_extension(b)) {
        let ends_with_comma = run.last().is_some_and(|line| line.ends_with(','));
        if run.len() > 1 {
            run.iter_mut().for_each(|line| *line = line.trim_end_matches(','));
            run.sort_unstable();
            for (position, line) in run.iter().enumerate() {
                let comma = if position + 1 < run.len() || ends_with_comma {
                    ","
                } else {
                    ""
                };
                ordered.push_str(&format!("{line}{comma}\n"));
            }
        } else if let [line] = run {
            ordered.push_str(&format!("{line}\n"));
        }
    }
    ordered
}

/// `/openapi.json`.
pub fn page(document: OpenApi) -> Router {
    Router::new().route("/openapi.json", get(move || async move { Json(document) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_named_by_its_description() {
        assert_eq!(name("The workspace changed"), "TheWorkspaceChanged");
        assert_eq!(name("`last_owner`: too many, etc."), "LastOwnerTooManyEtc");
        assert_eq!(name("…"), "Answer");
    }

    #[test]
    fn extensions_stand_in_one_order_and_nothing_else_moves() {
        let one = "{\n  \"b\": 1,\n  \"x-b\": true,\n  \"x-a\": \"1,\"\n}\n";
        let other = "{\n  \"b\": 1,\n  \"x-a\": \"1,\",\n  \"x-b\": true\n}\n";
        assert_eq!(in_one_order(one), other);
        assert_eq!(in_one_order(other), other);
    }
}
