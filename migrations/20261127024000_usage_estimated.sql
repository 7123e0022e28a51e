-- What an engine did not say is counted by the gateway; the row tells which of the two its tokens are.

ALTER TABLE inference_usage ADD COLUMN estimated boolean NOT NULL DEFAULT false;
