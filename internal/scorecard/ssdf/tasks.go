package ssdf

// Task is one task of the framework. The name is this project's, and shorter
// than what the framework says.
type Task struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Tasks are those of version 1.1, in its order. Numbers that are missing were
// given up by the framework when tasks moved.
func Tasks() []Task {
	return []Task{
		{"PO.1.1", "Rules for the development environment are written down"},
		{"PO.1.2", "Rules for the software itself are written down"},
		{"PO.1.3", "Suppliers are told what is asked of them"},
		{"PO.2.1", "Roles and duties are given out"},
		{"PO.2.2", "People are trained for their roles"},
		{"PO.2.3", "Those in charge commit to it"},
		{"PO.3.1", "Tools are chosen for what they must do"},
		{"PO.3.2", "Tools are set up and kept safely"},
		{"PO.3.3", "Tools leave a record of what was done"},
		{"PO.4.1", "There are criteria for checking security"},
		{"PO.4.2", "What the criteria need is gathered and kept"},
		{"PO.5.1", "Environments are apart and protected"},
		{"PO.5.2", "The machines of those who work on it are hardened"},
		{"PS.1.1", "Code is protected from change by others"},
		{"PS.2.1", "Whoever gets a release can check that it is whole"},
		{"PS.3.1", "Each release is archived with what belongs to it"},
		{"PS.3.2", "Where the parts of a release come from is recorded and shared"},
		{"PW.1.1", "Risks are modelled at the design"},
		{"PW.1.2", "Requirements, risks and decisions are kept track of"},
		{"PW.1.3", "Standard security features are used instead of new ones"},
		{"PW.2.1", "Somebody else reviews the design"},
		{"PW.4.1", "Well-secured parts are taken from others"},
		{"PW.4.2", "Parts of one's own are made as safely"},
		{"PW.4.4", "Parts are checked for as long as they are used"},
		{"PW.5.1", "Code is written by safe practices"},
		{"PW.6.1", "Compilers and build tools are chosen for security"},
		{"PW.6.2", "Their security features are decided on and switched on"},
		{"PW.7.1", "It is decided how code is reviewed or analysed"},
		{"PW.7.2", "Code is reviewed or analysed, and what is found is dealt with"},
		{"PW.8.1", "It is decided what running code is tested for"},
		{"PW.8.2", "Running code is tested, and what is found is dealt with"},
		{"PW.9.1", "Safe settings are defined"},
		{"PW.9.2", "Safe settings are the default, and are documented"},
		{"RV.1.1", "News of possible vulnerabilities is gathered and looked into"},
		{"RV.1.2", "Code is looked through for vulnerabilities not found before"},
		{"RV.1.3", "A policy says how vulnerabilities are reported and dealt with"},
		{"RV.2.1", "Each vulnerability is weighed"},
		{"RV.2.2", "Each vulnerability is answered"},
		{"RV.3.1", "Root causes are looked for"},
		{"RV.3.2", "Root causes are compared over time"},
		{"RV.3.3", "What is alike is looked for and mended ahead of reports"},
		{"RV.3.4", "The way of working is changed so that it does not come back"},
	}
}
