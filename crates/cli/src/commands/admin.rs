//! `inventiv admin`: accounts, from the machine itself. Passwords never appear among the arguments, where other users of the
//! machine could read them: they are read from standard input, or made up and printed once.

use std::io::BufRead as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use inventiv_server::features::user_administration::operator;
use inventiv_server::features::users::{AccountRequest, create_account};
use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::db::SystemReason;
use inventiv_server::plumbing::telemetry;
use inventiv_server::program::Program;
use inventiv_server::program::bootstrap::generate_password;
use inventiv_server::serve::open;

#[derive(Subcommand)]
pub enum Admin {
    /// Make an account
    CreateUser(CreateUser),
    /// Give an account another password and end its sessions
    ResetPassword(ResetPassword),
    /// Make an account a platform admin
    GrantPlatformAdmin(GrantPlatformAdmin),
    /// Take every second factor off an account whose person lost them
    RemoveSecondFactors(RemoveSecondFactors),
}

#[derive(Args)]
pub struct CreateUser {
    #[arg(long)]
    email: String,

    /// Name to sign in with (default: what stands before the @ of the e-mail)
    #[arg(long)]
    username: Option<String>,

    #[arg(long, default_value = "")]
    first_name: String,

    #[arg(long, default_value = "")]
    last_name: String,

    /// Make the account a platform admin
    #[arg(long)]
    platform_admin: bool,

    #[command(flatten)]
    password: PasswordSource,

    #[command(flatten, next_help_heading = "Settings of the installation")]
    config: Box<Config>,
}

#[derive(Args)]
pub struct ResetPassword {
    /// E-mail or username
    login: String,

    #[command(flatten)]
    password: PasswordSource,

    #[command(flatten, next_help_heading = "Settings of the installation")]
    config: Box<Config>,
}

#[derive(Args)]
pub struct GrantPlatformAdmin {
    /// E-mail or username
    login: String,

    #[command(flatten, next_help_heading = "Settings of the installation")]
    config: Box<Config>,
}

#[derive(Args)]
pub struct RemoveSecondFactors {
    /// E-mail or username
    login: String,

    #[command(flatten, next_help_heading = "Settings of the installation")]
    config: Box<Config>,
}

#[derive(Args)]
struct PasswordSource {
    /// Read the password from the first line of standard input (default: one is made up and printed once)
    #[arg(long)]
    password_stdin: bool,
}

/// A password, and whether somebody has to be told.
struct Password {
    text: String,
    is_generated: bool,
}

impl PasswordSource {
    fn read(&self) -> anyhow::Result<Password> {
        if !self.password_stdin {
            return Ok(Password {
                text: generate_password(),
                is_generated: true,
            });
        }
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .context("reading the password from standard input")?;
        let text = line.trim_end_matches(['\r', '\n']).to_owned();
        anyhow::ensure!(!text.is_empty(), "standard input holds no password");
        Ok(Password {
            text,
            is_generated: false,
        })
    }
}

impl Admin {
    fn config(&self) -> &Config {
        match self {
            Admin::CreateUser(arguments) => &arguments.config,
            Admin::ResetPassword(arguments) => &arguments.config,
            Admin::GrantPlatformAdmin(arguments) => &arguments.config,
            Admin::RemoveSecondFactors(arguments) => &arguments.config,
        }
    }
}

pub async fn run(command: Admin) -> anyhow::Result<()> {
    telemetry::start_logging(command.config())?;
    let opened = open(command.config().clone()).await?;
    let outcome = act(&opened.program, command).await;
    opened.close().await;
    outcome
}

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
async fn act(program: &Program, command: Admin) -> anyhow::Result<()> {
    let mut tx = program.core.db.system(SystemReason::OperatorCommand).await?;
    match command {
        Admin::CreateUser(arguments) => {
            let password = arguments.password.read()?;
            let before_at = arguments.email.split('@').next().unwrap_or_default();
            let request = AccountRequest {
                username: arguments.username.clone().unwrap_or_else(|| before_at.to_owned()),
                email: arguments.email.clone(),
                first_name: arguments.first_name,
                last_name: arguments.last_name,
                password: password.text.clone(),
                platform_admin: arguments.platform_admin,
            };
            let username = request.username.clone();
            create_account(&program.users, &mut tx, request)
                .await
                .map_err(refusal)?;
            tx.commit().await?;
            println!("{} can sign in, also as {username}.", arguments.email);
            show(&password);
        }
        Admin::ResetPassword(arguments) => {
            let password = arguments.password.read()?;
            let ended = operator::reset_password(
                &program.user_administration,
                &mut tx,
                &arguments.login,
                password.text.clone(),
            )
            .await
            .map_err(refusal)?;
            tx.commit().await?;
            println!(
                "{} has a new password; {ended} session{} ended.",
                arguments.login,
                if ended == 1 { "" } else { "s" }
            );
            show(&password);
        }
        Admin::GrantPlatformAdmin(arguments) => {
            operator::grant_platform_admin(&program.user_administration, &mut tx, &arguments.login)
                .await
                .map_err(refusal)?;
            tx.commit().await?;
            println!("{} is a platform admin.", arguments.login);
        }
        Admin::RemoveSecondFactors(arguments) => {
            operator::remove_second_factors(&program.user_administration, &mut tx, &arguments.login)
                .await
                .map_err(refusal)?;
            tx.commit().await?;
            println!("{} signs in with the password alone.", arguments.login);
        }
    }
    Ok(())
}

/// What a person at a terminal needs of a refusal: the sentence, not the code for programs.
fn refusal(error: inventiv_server::error::Error) -> anyhow::Error {
    match error.fields.is_empty() {
        true => error.into(),
        false => anyhow::anyhow!("{}", error.detail),
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn show(password: &Password) {
    if password.is_generated {
        println!("Password: {}  (shown only now)", password.text);
    }
}
