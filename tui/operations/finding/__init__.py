"""Which deployments there are, and the gateway of the one that is meant."""
