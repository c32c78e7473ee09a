# The application's ID. Importing issues nothing; the plan that follows shows that a statement will be issued.
terraform import dcr_software_statement.complete 39c82433-1a4f-4d44-9f4b-6c1c6bd2f0f3
