//! The demo's people and organizations.

use std::io::Write as _;

use anyhow::Context as _;
use uuid::Uuid;

use crate::features::users::{self, AccountRequest};
use crate::program::Program;
use crate::program::bootstrap::generate_password;

use crate::features::organizations;
use crate::permissions::Role;
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::private_files;

pub struct Organization {
    pub name: &'static str,
    pub slug: &'static str,
}

/// Their slugs are those that organizations of these names get.
pub const ORGANIZATIONS: [Organization; 2] = [
    Organization {
        name: "Acme Robotics",
        slug: "acme-robotics",
    },
    Organization {
        name: "Globex Research",
        slug: "globex-research",
    },
];

#[derive(Debug, Clone)]
pub struct Account {
    pub id: Uuid,
    pub role: Role,
    pub email: String,
}

/// An organization that is there, with its people: one in each role.
pub struct Made {
    pub id: Uuid,
    pub slug: &'static str,
    pub accounts: Vec<Account>,
}

impl Made {
    pub fn account(&self, role: Role) -> &Account {
        let found = self.accounts.iter().find(|account| account.role == role);
        found.unwrap_or(&self.accounts[0])
    }
}

/// Of all demo accounts: made at the first start and kept in the data directory, so that later starts can tell it again.
pub fn password(program: &Program) -> anyhow::Result<String> {
    let data_dir = program.core.config.data_dir.clone().unwrap_or_default();
    let path = data_dir.join("demo.password");
    private_files::ensure(&path)?;
    match std::fs::read_to_string(&path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    }
    let password = generate_password();
    let mut file = private_files::options()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("making {}", path.display()))?;
    file.write_all(password.as_bytes())?;
    file.sync_all()?;
    Ok(password)
}

/// Makes the organization and its people in one transaction, unless they are there.
pub async fn ensure(program: &Program, organization: &Organization, password: &str) -> anyhow::Result<Made> {
    let mut tx = program.core.db.system(SystemReason::OperatorCommand).await?;
    let known = organizations::id_by_slug(&mut tx, organization.slug).await?;
    let mut accounts = Vec::new();
    for role in [Role::Owner, Role::Admin, Role::Manager, Role::User] {
        accounts.push(account(program, &mut tx, organization, role, password, known.is_some()).await?);
    }
    let made = |id| Made {
        id,
        slug: organization.slug,
        accounts: accounts.clone(),
    };
    if let Some(id) = known {
        return Ok(made(id));
    }
    let owner = accounts[0].id;
    let id = organizations::found_by_platform(&program.organizations, &mut tx, organization.name, owner).await?;
    for member in &accounts[1..] {
        organizations::add_member_by_platform(&program.organizations, &mut tx, id, member.id, member.role).await?;
    }
    let made = made(id);
    tx.commit().await?;
    Ok(made)
}

async fn account(
    program: &Program,
    tx: &mut SystemTx,
    organization: &Organization,
    role: Role,
    password: &str,
    must_exist: bool,
) -> anyhow::Result<Account> {
    let email = format!("{}@{}.demo.example", role.as_str(), organization.slug);
    let known = users::account_id(tx, &email).await?;
    anyhow::ensure!(
        known.is_some() || !must_exist,
        "there is an organization {} that is not of a demo: use another data directory",
        organization.slug
    );
    let id = match known {
        Some(id) => id,
        None => {
            let short = organization.slug.split('-').next().unwrap_or_default();
            let request = AccountRequest {
                email: email.clone(),
                username: format!("{short}-{}", role.as_str()),
                first_name: format!("{} {}", first_letter_up(short), role.as_str()),
                last_name: "(demo)".to_owned(),
                password: password.to_owned(),
                platform_admin: false,
            };
            users::create_account(&program.users, tx, request).await?
        }
    };
    Ok(Account { id, role, email })
}

fn first_letter_up(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::organizations::slug_from_name;

    #[test]
    fn the_demo_finds_its_organizations_again_by_the_slugs_they_get() {
        for organization in ORGANIZATIONS {
            assert_eq!(slug_from_name(organization.name, 0), organization.slug);
        }
    }
}
