//! Sample data for somebody who wants to look around: two organizations with a member in every role, a model that answers, a key
//! to call it with, and a week of usage. Everything says that it is a demo.
//!
//! It is made like anybody would make it: the owner signs in, deploys, activates, makes a key. Only what no person can make (the
//! accounts of others, requests of last week) is written by the platform. What is there already is left alone, so that a demo can
//! be stopped and started again.

mod accounts;
mod usage;

use anyhow::Context as _;
use serde_json::json;
use uuid::Uuid;

use crate::activation::Activation;
use crate::codes::ErrorCode;
use crate::error::Error;
use crate::features::api_keys::{self, KeyRequest};
use crate::features::instances::{self, Deployment, InstanceRow};
use crate::features::signing_in::{self, Login};
use crate::features::{catalog, models, organizations, sessions};
use crate::operation::{Operation, RequestContext};
use crate::permissions::{Permission, Role};
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::Paging;
use crate::plumbing::edge::versions::IfMatch;
use crate::program::Program;

pub use accounts::Account;

/// The model that needs no GPU and answers with what it was told.
const MODEL: &str = "mock/echo";
const INSTANCE_TYPE: &str = "mock-cpu-1";
const KEY_NAME: &str = "Demo key";
/// Longer lists than a demo has.
const EVERYTHING: u32 = 200;

/// What to tell the person who started it.
pub struct Demo {
    pub organizations: Vec<DemoOrganization>,
    /// Of every demo account.
    pub password: String,
}

pub struct DemoOrganization {
    pub name: &'static str,
    pub accounts: Vec<Account>,
    /// The key's text, when it was made just now: it can't be shown again.
    pub api_key: Option<String>,
    pub instance: Uuid,
}

/// Makes what is missing of the demo.
///
/// # Errors
/// The demo's accounts have other passwords than the one kept in the data directory, or the database fails.
pub async fn prepare(program: &Program) -> anyhow::Result<Demo> {
    let password = accounts::password(program)?;
    let mut demo = Demo {
        organizations: Vec::new(),
        password: password.clone(),
    };
    for organization in accounts::ORGANIZATIONS {
        let made = accounts::ensure(program, &organization, &password).await?;
        let owner = sign_in(program, &made, &password)
            .await
            .context("signing in as the demo's owner (was the password changed?)")?;
        let furnished = furnish(program, &owner, &made).await;
        sessions::logout(&program.sessions, &owner).await?;
        let (instance, api_key) = furnished?;
        demo.organizations.push(DemoOrganization {
            name: organization.name,
            accounts: made.accounts,
            api_key,
            instance,
        });
    }
    Ok(demo)
}

async fn sign_in(program: &Program, organization: &accounts::Made, password: &str) -> Result<Operation, Error> {
    let owner = organization.account(Role::Owner);
    let request = RequestContext {
        request_id: crate::ids::new_id(),
        ip: None,
        user_agent: Some("inventiv demo".to_owned()),
        origin: program.core.config.public_origin(),
        secure: false,
        now: program.core.clock.now(),
    };
    let login = signing_in::login(&program.signing_in, &owner.email, password.to_owned(), &request).await?;
    let Login::SignedIn(signed_in) = login else {
        let detail = format!(
            "{} has a second factor: remove it with inventiv admin remove-second-factors.",
            owner.email
        );
        return Err(Error::conflict(
            ErrorCode::SecondFactorRequired {
                email: owner.email.clone(),
            },
            detail,
        ));
    };
    let authorized = signed_in.operation.require(Permission::OrganizationList)?;
    let (operation, _) = organizations::switch(&program.organizations, authorized, Some(organization.id)).await?;
    Ok(operation)
}

/// An instance with both activations, a key, and a week of usage.
async fn furnish(
    program: &Program,
    owner: &Operation,
    organization: &accounts::Made,
) -> Result<(Uuid, Option<String>), Error> {
    let model = model(program, owner).await?;
    let instance = match living_instance(program, owner, model).await? {
        Some(instance) => instance,
        None => deploy(program, owner, model).await?,
    };
    for (permission, flag, activated) in [
        (
            Permission::InstanceActivateTech,
            Activation::Tech,
            instance.tech_activated_at.is_some(),
        ),
        (
            Permission::InstanceActivateEco,
            Activation::Eco,
            instance.eco_activated_at.is_some(),
        ),
    ] {
        if !activated {
            instances::activate(
                &program.instances,
                owner.require(permission)?,
                instance.id,
                flag,
                &IfMatch::default(),
                || Ok(true),
            )
            .await?;
        }
    }
    let (key_id, key) = key(program, owner).await?;
    usage::ensure(program, owner, organization, instance.id, key_id).await?;
    Ok((instance.id, key))
}

fn missing(what: &str) -> Error {
    Error::internal(anyhow::anyhow!("the catalogue has no {what}"))
}

async fn model(program: &Program, owner: &Operation) -> Result<Uuid, Error> {
    let page = models::list(
        &program.models,
        owner.require(Permission::ModelRead)?,
        &Paging::first(EVERYTHING),
    )
    .await?;
    let model = page.items.into_iter().find(|seen| seen.model.model_id == MODEL);
    Ok(model.ok_or_else(|| missing(MODEL))?.model.id)
}

async fn living_instance(program: &Program, owner: &Operation, model: Uuid) -> Result<Option<InstanceRow>, Error> {
    let read = owner.require(Permission::InstanceRead)?;
    let page = instances::list(&program.instances, read, &Paging::first(EVERYTHING)).await?;
    let living = |row: &InstanceRow| row.model_id == model && row.desired_state == "running";
    Ok(page.items.into_iter().find(living))
}

async fn deploy(program: &Program, owner: &Operation, model: Uuid) -> Result<InstanceRow, Error> {
    let read = owner.require(Permission::SettingsRead)?;
    let (types, _) = catalog::instance_types(&program.catalog, read, &Paging::first(EVERYTHING)).await?;
    let offered = types
        .into_iter()
        .find(|offered| offered.instance_type.code == INSTANCE_TYPE)
        .ok_or_else(|| missing(INSTANCE_TYPE))?;
    let zone = offered.zones.iter().find(|zone| zone.is_available);
    let deployment = Deployment {
        name: None,
        model_id: model,
        instance_type_id: offered.instance_type.id,
        zone_id: zone.ok_or_else(|| missing("zone for it"))?.zone_id,
    };
    let no_key = IdempotencyKey(None);
    let attempt = Attempt::new("demo", &no_key, b"");
    let create = owner.require(Permission::InstanceCreate)?;
    let answer = instances::deploy(&program.instances, create, deployment, &attempt).await?;
    let id: Uuid = serde_json::from_value(answer.body["instance_id"].clone()).map_err(Error::internal)?;
    instances::get(&program.instances, owner.require(Permission::InstanceRead)?, id).await
}

/// The demo's key, and its text when it was made just now.
async fn key(program: &Program, owner: &Operation) -> Result<(Uuid, Option<String>), Error> {
    let page = api_keys::list(
        &program.keys,
        owner.require(Permission::ApiKeyRead)?,
        &Paging::first(EVERYTHING),
    )
    .await?;
    let known = page
        .items
        .iter()
        .find(|key| key.name == KEY_NAME && key.revoked_at.is_none());
    if let Some(key) = known {
        return Ok((key.id, None));
    }
    let request = KeyRequest {
        name: KEY_NAME.to_owned(),
        expires_at: None,
        allowed_models: None,
    };
    let no_key = IdempotencyKey(None);
    let attempt = Attempt::new("demo", &no_key, b"");
    let create = owner.require(Permission::ApiKeyCreate)?;
    let mut made = None;
    api_keys::create(&program.keys, create, request, &attempt, |row, text| {
        made = Some((row.id, Some(text)));
        Ok(json!({}))
    })
    .await?;
    made.ok_or_else(|| Error::internal(anyhow::anyhow!("a key was made without its text")))
}
