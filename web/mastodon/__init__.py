"""The client API that Mastodon's apps speak. `api` is what each part of it is written with, `gate` where they meet."""
