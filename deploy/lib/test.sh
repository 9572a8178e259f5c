TEST_NAMES="unit integration clients browser format fuzz docker"
