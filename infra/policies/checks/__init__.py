"""Own checks: a file each. Checkov loads them, our code never imports them."""
