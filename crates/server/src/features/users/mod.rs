//! Administration of accounts, by the platform or by an organization.
//!
//! - In Personal a platform admin sees and changes every account. There is always one who can.
//! - In an organization it is about its members: an account may be made for somebody who has none, the role may be changed, the
//!   membership may be ended, all within the actor's reach. What is in an account belongs to the person.
//! - Somebody who has an account is invited, never added.
//!
//! Tables: none of its own. Uses: audit, identity, organizations, members, closing.

pub mod http;
pub mod rules;
pub mod usecases;
