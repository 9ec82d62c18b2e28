looks = 2  # on this machine; on AWS the job may take longer
longest = "Wait"
begins = "TaskSubmitted"
