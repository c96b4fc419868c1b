"""Your own assets and components: what `dg scaffold` puts here is found and loaded with the rest."""
