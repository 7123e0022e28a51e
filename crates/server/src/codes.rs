//! Every code that programs compare and people read words for, in closed lists: what may go wrong with a request, with one field
//! of it, with an instance. A code brings the values its sentence holds, so that another language can say the same.
//!
//! The console's lists (`web/src/api/codes.ts`) are written from these, and a word that is missing there doesn't compile.

use serde_json::{Map, Value};

/// The values a sentence holds, by name.
pub type Params = Map<String, Value>;

/// Written out once, not in the macro: an iterator of its own for each code was a fifth of what the compiler had to generate for this crate.
fn known(named: &[(&str, Value)]) -> Params {
    let known = named.iter().filter(|(_, value)| !value.is_null());
    known.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// Declares a list of codes once: the enum, the texts, and what each sentence holds.
macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$why:meta])* $variant:ident $code:expr $(, { $($param:ident: $type:ty),+ })?;)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name { $($(#[$why])* $variant $({ $($param: $type),+ })?),+ }

        impl $name {
            /// The variant, the code and the names of its values, in the order of their declaration.
            pub const CATALOGUE: &[(&str, &str, &[&str])] =
                &[$((stringify!($variant), $code, &[$($(stringify!($param)),+)?])),+];

            pub fn as_str(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code),+ }
            }

            /// What is open (`None`) is left out.
            pub fn params(&self) -> Params {
                match self {
                    $(Self::$variant $({ $($param),+ })? => known(&[$($((stringify!($param), Value::from($param.clone()))),+)?]),)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// Why a request is refused, or failed: `code` of a problem.
    ErrorCode {
        AccountChanged "account_changed";
        /// The field belongs to the person of the account.
        AccountField "account_field";
        AlreadyInvited "already_invited";
        AlreadyMember "already_member";
        /// The same work is waiting already.
        AlreadyQueued "already_queued";
        BodyTooLarge "body_too_large", { max_kib: usize };
        ChallengeEnded "challenge_ended";
        Delegation "delegation";
        EmailTaken "email_taken";
        Forbidden "forbidden";
        ForeignOrigin "foreign_origin";
        IdempotencyKeyReused "idempotency_key_reused";
        InstanceEnded "instance_ended";
        Internal "internal";
        InvalidCredentials "invalid_credentials";
        InvalidSecondFactor "invalid_second_factor";
        InvitationExpired "invitation_expired";
        InvitationRevoked "invitation_revoked";
        InvitationUsed "invitation_used";
        KeyAlreadyRotated "key_already_rotated", { prefix: String };
        KeyExpired "key_expired";
        KeyRevoked "key_revoked";
        LastOwner "last_owner";
        LastPlatformAdmin "last_platform_admin";
        /// Another replica does this now.
        LeaseLost "lease_lost";
        /// What a mail said is forgotten once it is given up.
        MailForgotten "mail_forgotten";
        MalformedJson "malformed_json";
        MethodNotAllowed "method_not_allowed";
        ModelInUse "model_in_use";
        NeedsApproval "needs_approval";
        NoSecondFactor "no_second_factor";
        NoSuchRoute "no_such_route";
        /// Only a job that was given up is retried by hand.
        NotDead "not_dead";
        NotFound "not_found";
        /// The field means something in an organization only.
        OrganizationField "organization_field";
        OrganizationInUse "organization_in_use", { count: i64 };
        OrganizationRequired "organization_required";
        PasskeyExists "passkey_exists";
        PasskeysNeedHostName "passkeys_need_host_name";
        PasskeysNeedHttps "passkeys_need_https";
        PasswordChanged "password_changed";
        ReadOnlyModel "read_only_model";
        ReauthenticationRequired "reauthentication_required";
        RequestTimeout "request_timeout";
        SecondFactorRequired "second_factor_required", { email: String };
        SessionRequired "session_required";
        SignInRequired "sign_in_required", { email: String };
        SoleOwner "sole_owner", { names: Vec<String> };
        Stale "stale";
        TokenExpired "token_expired";
        TokenRenewed "token_renewed";
        TooManyAttempts "too_many_attempts", { seconds: u64 };
        TooManyPasskeys "too_many_passkeys", { max: i64 };
        TooManyStreams "too_many_streams", { max: usize };
        TotpExists "totp_exists";
        TotpNotStarted "totp_not_started";
        Unauthenticated "unauthenticated";
        Unavailable "unavailable";
        UnreadableBody "unreadable_body";
        UnsupportedContentEncoding "unsupported_content_encoding";
        UnsupportedMediaType "unsupported_media_type";
        UseInvitation "use_invitation";
        ValidationFailed "validation_failed";
        WorkerBootConflict worker_protocol::codes::BOOT_CONFLICT;
        WorkerBootPending "worker_boot_pending";
        WorkerProtocolUnsupported worker_protocol::codes::PROTOCOL_UNSUPPORTED, { version: u32 };
        WorkerTokenRefused worker_protocol::codes::TOKEN_REFUSED;
        WorkspaceChanged "workspace_changed";
        WrongAccount "wrong_account", { email: String };
    }
}

codes! {
    /// Which rule a field breaks: `code` of an entry of `errors`.
    FieldCode {
        AccountField "account_field";
        AddressNotAllowed "address_not_allowed";
        Characters "characters";
        /// How a provider calls something.
        Code "code", { max: usize };
        Color "color";
        CommonPassword "common_password";
        Count "count", { min: usize, max: usize };
        DoesNotFit "does_not_fit", { model: String, instance_type: String, needed_gb: i32, offered_gb: i32 };
        Duplicate "duplicate";
        Email "email";
        Ended "ended";
        Exclusive "exclusive", { other: &'static str };
        Format "format";
        Invalid "invalid";
        InvalidToken "invalid_token";
        Length "length", { min: usize, max: usize, unit: Unit };
        Link "link";
        /// An instance that is not terminated.
        Living "living", { instance_type: String, zone: String, status: String };
        Malformed "malformed";
        Mismatch "mismatch", { slug: String };
        ModelId "model_id";
        NotAvailable "not_available", { instance_type: String, zone: String };
        OneOf "one_of", { fields: Vec<&'static str> };
        OnlyOwner "only_owner", { name: String };
        Order "order";
        OrganizationField "organization_field";
        OtherProvider "other_provider";
        OwnName "own_name";
        Past "past";
        Precision "precision", { places: u32 };
        Range "range", { min: Option<i64>, max: Option<i64>, unit: Unit };
        Refused "refused";
        Repeated "repeated";
        Repetition "repetition";
        Replaced "replaced";
        Required "required";
        Reserved "reserved";
        Sequence "sequence";
        Slug "slug";
        Taken "taken";
        Unchanged "unchanged";
        Unknown "unknown";
        UnknownField "unknown_field";
        UnknownLocale "unknown_locale", { allowed: Vec<&'static str> };
        UnknownOrder "unknown_order", { allowed: Vec<&'static str> };
        UnknownParameter "unknown_parameter";
        UnknownScope "unknown_scope", { allowed: Vec<&'static str> };
        UnknownStatus "unknown_status", { allowed: Vec<&'static str> };
        UnknownTopic "unknown_topic", { allowed: Vec<&'static str> };
        Username "username";
        Wrong "wrong";
        WrongCode "wrong_code";
        WrongType "wrong_type";
    }
}

codes! {
    /// What keeps an instance from serving: `error_code` of an instance. A worker of another version may report one that isn't here.
    FailureCode {
        Cancelled "cancelled";
        DeadlinePassed "deadline_passed";
        EngineArgumentsRefused worker_protocol::failures::ENGINE_ARGUMENTS_REFUSED;
        EngineCrashLoop worker_protocol::failures::ENGINE_CRASH_LOOP;
        EngineFailed "engine_failed";
        EngineNotFound worker_protocol::failures::ENGINE_NOT_FOUND;
        OrderLost "order_lost";
        OutOfStock "out_of_stock";
        ProviderInvalidRequest "provider_invalid_request";
        ProviderOutcomeUnknown "provider_outcome_unknown";
        ProviderRateLimited "provider_rate_limited";
        ProviderUnauthorized "provider_unauthorized";
        QuotaExceeded "quota_exceeded";
        ServerFailed "server_failed";
        ServerLost "server_lost";
        WorkerDegraded "worker_degraded";
        WorkerNotReady "worker_not_ready";
        WorkerSilent "worker_silent";
        WorkerUnreachable "worker_unreachable";
    }
}

/// What the numbers of a rule count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Characters,
    Days,
    Entries,
    Number,
    Seconds,
    Years,
}

impl Unit {
    pub const ALL: [Self; 6] = [
        Self::Characters,
        Self::Days,
        Self::Entries,
        Self::Number,
        Self::Seconds,
        Self::Years,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Days => "days",
            Self::Entries => "entries",
            Self::Number => "number",
            Self::Seconds => "seconds",
            Self::Years => "years",
        }
    }
}

impl From<Unit> for Value {
    fn from(unit: Unit) -> Self {
        unit.as_str().into()
    }
}

impl FieldCode {
    /// A text of so many characters.
    pub fn characters(min: usize, max: usize) -> Self {
        let unit = Unit::Characters;
        Self::Length { min, max, unit }
    }

    /// A list of so many entries.
    pub fn entries(min: usize, max: usize) -> Self {
        let unit = Unit::Entries;
        Self::Length { min, max, unit }
    }

    /// A number between these.
    pub fn between(min: impl Into<i64>, max: impl Into<i64>, unit: Unit) -> Self {
        let (min, max) = (Some(min.into()), Some(max.into()));
        Self::Range { min, max, unit }
    }

    pub fn at_most(max: impl Into<i64>, unit: Unit) -> Self {
        let (min, max) = (None, Some(max.into()));
        Self::Range { min, max, unit }
    }
}
