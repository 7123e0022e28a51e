-- Where a person was last: the organization that a session of theirs entered, none for Personal. Sign-in goes on there. Only functions of
-- schema `auth` look at it: it is nobody else's business.
ALTER TABLE users ADD COLUMN last_organization_id uuid REFERENCES organizations (id);
