//! Accepting a deployment.

use serde_json::json;
use uuid::Uuid;

use super::audited;
use crate::codes::FieldCode;
use crate::error::{Error, FieldError, Result};
use crate::features::audit::{self, Act};
use crate::features::instances::Instances;
use crate::features::instances::rules::{Fit, Offer, REQUESTED, Status, checked_name, fit};
use crate::features::instances::store::instances::{self, NewInstance};
use crate::features::instances::store::offers::{self, DeployableModel, OfferedType, OfferedZone};
use crate::features::instances::store::transitions::{HistoryEntry, remember};
use crate::features::organizations;
use crate::ids::new_id;
use crate::money::Eur;
use crate::operation::Authorized;
use crate::plumbing::db::TenantTx;
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::events::{self, Topic};

#[derive(Debug, Clone)]
pub struct Deployment {
    /// What people will call the instance.
    pub name: Option<String>,
    pub model_id: Uuid,
    pub instance_type_id: Uuid,
    pub zone_id: Uuid,
}

#[derive(Debug, Clone)]
pub struct DryRun {
    pub fits: bool,
    pub cost_per_hour_eur: Eur,
    pub reasons: Vec<String>,
}

/// What a deployment would be, without making it.
///
/// # Errors
/// 422 naming the field that breaks a rule, refers to nothing, or to things that don't belong together.
pub async fn dry_run(instances: &Instances, authorized: Authorized<'_>, deployment: Deployment) -> Result<DryRun> {
    checked_name(deployment.name.as_deref())?;
    let mut tx = instances.core.db.read(&authorized).await?;
    let wanted = look_up(&mut tx, &deployment).await?;
    let Fit { fits, reasons } = fit(&wanted.offer);
    Ok(DryRun {
        fits,
        cost_per_hour_eur: wanted.offer.price(),
        reasons,
    })
}

/// Accepts a deployment: from here on a reconciler carries it out.
///
/// # Errors
/// As [`dry_run`]; 422 `does_not_fit` and `not_available`.
pub async fn deploy(
    instances: &Instances,
    authorized: Authorized<'_>,
    deployment: Deployment,
    attempt: &Attempt<'_>,
) -> Result<FirstAnswer> {
    let mut tx = instances.core.db.write(&authorized).await?;
    if let Some(answer) = attempt.replay(&mut tx).await? {
        return Ok(answer);
    }
    let name = checked_name(deployment.name.as_deref())?;
    let wanted = look_up(&mut tx, &deployment).await?;
    refuse_misfit(&wanted.offer)?;
    let organization_id = authorized.workspace.organization_id();
    let status = if needs_approval(&mut tx, organization_id).await? {
        Status::AwaitingApproval
    } else {
        Status::Provisioning
    };
    let (id, tenant) = (new_id(), authorized.infrastructure_tenant());
    let instance = NewInstance {
        id,
        organization_id,
        name,
        model_tenant: wanted.model.tenant,
        model_id: deployment.model_id,
        provider_id: wanted.instance_type.provider_id,
        zone_id: deployment.zone_id,
        instance_type_id: deployment.instance_type_id,
        provider_code: &wanted.instance_type.provider_code,
        zone_code: &wanted.zone.code,
        instance_type_code: &wanted.instance_type.code,
        gpu_count: wanted.instance_type.gpu_count,
        vram_gb: wanted.offer.vram_gb(),
        cost_per_hour_eur: wanted.offer.cost_per_hour_eur,
        status,
    };
    instances::insert(&mut tx, &instance).await?;
    let begun = HistoryEntry {
        instance_id: id,
        tenant,
        from: None,
        to: status,
        reason: REQUESTED,
        message: None,
        actor: Some(authorized.user_id),
        now: authorized.request.now,
    };
    remember(tx.conn(), &begun).await?;
    let row = instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let act = Act::new("instance.create", "instance", id);
    audit::record_in(&mut tx, tenant, act.after(&audited(&row))).await?;
    events::notify(tx.conn(), Topic::Instances, tenant, id).await?;
    let answer = FirstAnswer::accepted(json!({"instance_id": id}));
    attempt.keep(&mut tx, &answer, None).await?;
    tx.commit().await?;
    Ok(answer)
}

struct Wanted {
    model: DeployableModel,
    instance_type: OfferedType,
    zone: OfferedZone,
    offer: Offer,
}

/// Everything the request names, with all that is wrong with the names at once.
async fn look_up(tx: &mut TenantTx, deployment: &Deployment) -> Result<Wanted> {
    let model = offers::model(tx, deployment.model_id).await?;
    let model = model.filter(|model| model.is_active);
    let instance_type = offers::instance_type(tx, deployment.instance_type_id).await?;
    let instance_type = instance_type.filter(|offered| offered.is_active && offered.provider_is_active);
    let zone = offers::zone(tx, deployment.zone_id, deployment.instance_type_id).await?;
    let zone = zone.filter(|zone| zone.is_active);
    let (Some(model), Some(instance_type), Some(zone)) = (&model, &instance_type, &zone) else {
        let named = [
            ("model_id", model.is_none(), "is not a model that can be deployed here"),
            (
                "instance_type_id",
                instance_type.is_none(),
                "is not an instance type on offer",
            ),
            ("zone_id", zone.is_none(), "is not a zone on offer"),
        ];
        let unknown = named.into_iter().filter(|(_, missing, _)| *missing);
        return Err(Error::invalid_fields(
            unknown
                .map(|(field, _, message)| FieldError::new(field, FieldCode::Unknown, message))
                .collect(),
        ));
    };
    if zone.provider_id != instance_type.provider_id {
        return Err(Error::invalid(
            "zone_id",
            FieldCode::OtherProvider,
            "is a zone of another provider than the instance type",
        ));
    }
    let offer = Offer {
        model_name: model.name.clone(),
        required_vram_gb: model.required_vram_gb,
        instance_type_code: instance_type.code.clone(),
        zone_code: zone.code.clone(),
        gpu_count: instance_type.gpu_count,
        vram_per_gpu_gb: instance_type.vram_per_gpu_gb,
        is_available: zone.is_available,
        cost_per_hour_eur: zone.cost_per_hour_eur.unwrap_or(instance_type.cost_per_hour_eur),
    };
    Ok(Wanted {
        model: model.clone(),
        instance_type: instance_type.clone(),
        zone: zone.clone(),
        offer,
    })
}

fn refuse_misfit(offer: &Offer) -> Result<()> {
    let Fit { fits, reasons } = fit(offer);
    if fits {
        return Ok(());
    }
    let mut fields = Vec::new();
    if offer.required_vram_gb > offer.vram_gb() {
        let code = FieldCode::DoesNotFit {
            model: offer.model_name.clone(),
            instance_type: offer.instance_type_code.clone(),
            needed_gb: offer.required_vram_gb,
            offered_gb: offer.vram_gb(),
        };
        fields.push(FieldError::new("instance_type_id", code, &reasons[0]));
    }
    if !offer.is_available {
        let message = format!("{} is not available there", offer.instance_type_code);
        let code = FieldCode::NotAvailable {
            instance_type: offer.instance_type_code.clone(),
            zone: offer.zone_code.clone(),
        };
        fields.push(FieldError::new("zone_id", code, message));
    }
    Err(Error::invalid_fields(fields))
}

/// Does the organization want the economic approval before any provider is called?
async fn needs_approval(tx: &mut TenantTx, organization_id: Option<Uuid>) -> Result<bool> {
    let Some(id) = organization_id else {
        return Ok(false);
    };
    let organization = organizations::mine(tx, id).await?;
    Ok(organization.is_some_and(|organization| organization.approve_before_provisioning))
}
