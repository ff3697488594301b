from relaycheck.cli.main import main

main()
